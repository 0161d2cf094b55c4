"""`python -m deploy.monitoring.dashboards`: write Grafana dashboards as JSON from what is said here of each."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.processes import SUBGRAPHS

FOLDER = Path(__file__).with_name("dashboards")
_WIDTH, _HEIGHT, _COLUMNS = 12, 8, 2
_SCHEMA = 39  # of Grafana 10 and later, which migrate older ones
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_SECONDS, _PER_SECOND, _SHARE, _COUNT = "s", "reqps", "percentunit", "short"
_GRAPH = 'service="gateway",route="/graphql"'


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram.

    Attributes:
        title: What it shows.
        expressions: PromQL to the legend of its series.
        unit: Grafana's name of the unit.
    """

    title: str
    expressions: Mapping[str, str]
    unit: str = _COUNT


def _quantile(share: float, metric: str, labels: str = "", by: str = "") -> str:
    grouping = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({grouping}) (rate({metric}_bucket{{{labels}}}[5m])))"


def _rate(metric: str, by: str, labels: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{{{labels}}}[5m]))"


_HITS = _rate("guopei_cache_hits_total", "cache")
_MISSES = _rate("guopei_cache_misses_total", "cache")
_ERRORS = Panel(
    "出错的比例 share of answers that fail",
    {"guopei:graph_errors:ratio5m": "5 m", "guopei:graph_errors:ratio1h": "1 h", "guopei:graph_errors:ratio6h": "6 h"},
    _SHARE,
)
_BY_CODE = Panel(
    "按码的拒绝与错误 refusals and faults by code",
    {_rate("guopei_http_requests_total", "outcome, code", f'{_GRAPH},outcome!="ok"'): "{{outcome}} {{code}}"},
    _PER_SECOND,
)
_OPERATIONS = Panel(
    "每秒请求 requests a second", {_rate("guopei_http_requests_total", "kind", _GRAPH): "{{kind}}"}, _PER_SECOND
)
_LATENCY = Panel("p99 by kind", {_quantile(0.99, "guopei_http_seconds", _GRAPH, "kind"): "{{kind}}"}, _SECONDS)
_FETCHES = Panel(
    "子图的出错 fetches that fail",
    {_rate("guopei_gateway_fetches_total", "subgraph, code", 'outcome!="ok"'): "{{subgraph}} {{code}}"},
    _PER_SECOND,
)
_OUTBOX = Panel(
    "最久未发出的事件 oldest event that waits",
    {"max by (service) (guopei_outbox_oldest_seconds)": "{{service}}"},
    _SECONDS,
)
_DEAD = Panel("死信 dead letters in an hour", {"sum by (queue) (increase(guopei_events_dead_total[1h]))": "{{queue}}"})
_LAG = Panel("循环滞后 loop lag p99", {_quantile(0.99, "guopei_loop_lag_seconds", by="job"): "{{job}}"}, _SECONDS)
_LOGINS = Panel(
    "登录 logins",
    {
        _rate(
            "guopei_http_requests_total", "outcome, code", 'service="gateway",route="/auth/login"'
        ): "{{outcome}} {{code}}"
    },
    _PER_SECOND,
)
_LOGIN_SECONDS = Panel(
    "登录耗时 time of a login",
    {
        _quantile(share, "guopei_http_seconds", 'service="gateway",route="/auth/login"'): f"p{share * 100:g}"
        for share in (0.5, 0.99)
    },
    _SECONDS,
)
_WAITING = Panel(
    "等待 what waits", {"sum(guopei_login_waiting)": "logins", "sum(guopei_lane_waiting)": "rows of lanes"}
)
_IN_FLIGHT = Panel("处理中 in flight", {"sum by (job) (guopei_http_in_flight)": "{{job}}"})
_BUILDS = Panel("版本 builds", {"count by (service, version) (guopei_build_info)": "{{service}} {{version}}"})


def _of_service(service: str) -> Sequence[Panel]:
    """A service's own: what it is asked, what it asks of its database, and what it does beside requests."""
    own = f'service="{service}"'
    return (
        Panel(
            "请求 requests",
            {_rate("guopei_http_requests_total", "kind, outcome", own): "{{kind}} {{outcome}}"},
            _PER_SECOND,
        ),
        Panel("p99", {_quantile(0.99, "guopei_http_seconds", own, "kind"): "{{kind}}"}, _SECONDS),
        Panel(
            "拒绝与错误 refusals and faults",
            {_rate("guopei_http_requests_total", "code", f'{own},outcome!="ok"'): "{{code}}"},
            _PER_SECOND,
        ),
        Panel("待发事件 events that wait", {f"max(guopei_outbox_pending{{{own}}})": "aggregates"}),
        Panel(
            "消费 events taken",
            {_rate("guopei_events_consumed_total", "queue", f'queue=~"{service}[.].*"'): "{{queue}}"},
            _PER_SECOND,
        ),
        Panel("租约 leases", {f'max by (lease) (guopei_lease_held{{lease=~"{service}[.].*"}})': "{{lease}}"}),
        Panel(
            "任务距上次成功 since a timer's act ended well",
            {f'time() - max by (timer, act) (guopei_timer_last_success_seconds{{timer=~"{service}[.].*"}})': "{{act}}"},
            _SECONDS,
        ),
        Panel("每笔事务的行 rows of a lane p50", {_quantile(0.5, "guopei_lane_rows", own): "rows"}),
    )


DASHBOARDS: Mapping[str, tuple[str, Sequence[Panel]]] = {
    "suite": (
        "整体 suite",
        (_ERRORS, _OPERATIONS, _LATENCY, _BY_CODE, _FETCHES, _OUTBOX, _DEAD, _LAG, _IN_FLIGHT, _BUILDS),
    ),
    "gateway": (
        "网关 gateway",
        (
            _OPERATIONS,
            _LATENCY,
            Panel(
                "最贵的操作 dearest operations",
                {f"topk(10, sum by (operation) (rate(guopei_http_seconds_sum{{{_GRAPH}}}[5m])))": "{{operation}}"},
                _SECONDS,
            ),
            Panel(
                "子图耗时 fetches p99",
                {_quantile(0.99, "guopei_gateway_fetch_seconds", by="subgraph"): "{{subgraph}}"},
                _SECONDS,
            ),
            _FETCHES,
            Panel(
                "副本 replicas",
                {_rate("guopei_gateway_replica_requests_total", "subgraph, replica"): "{{subgraph}} {{replica}}"},
                _PER_SECOND,
            ),
            Panel(
                "缓存命中 cache hits",
                {f"{_HITS} / ({_HITS} + {_MISSES})": "{{cache}}"},
                _SHARE,
            ),
            Panel("计划耗时 planning p99", {_quantile(0.99, "guopei_plan_seconds"): "plan"}, _SECONDS),
            Panel("订阅 streams", {"sum(guopei_gateway_streams)": "streams"}),
            Panel(
                "受保护的调用 guarded calls",
                {
                    "sum by (subgraph) (guopei_gateway_calls_waiting)": "{{subgraph}} wait",
                    _rate("guopei_gateway_calls_refused_total", "subgraph"): "{{subgraph}} refused",
                    _rate("guopei_gateway_calls_retried_total", "subgraph"): "{{subgraph}} retried",
                },
            ),
        ),
    ),
    **{service: (service, _of_service(service)) for service in SUBGRAPHS},
    "events": (
        "事件与各省 events and provinces",
        (
            _OUTBOX,
            Panel("发出 published", {_rate("guopei_events_published_total", "service"): "{{service}}"}, _PER_SECOND),
            Panel("生效延迟 lag p99", {_quantile(0.99, "guopei_event_lag_seconds", by="queue"): "{{queue}}"}, _SECONDS),
            Panel(
                "失败 failures",
                {
                    _rate("guopei_events_refused_total", "service, reason"): "{{service}} {{reason}}",
                    _rate("guopei_events_retried_total", "queue"): "{{queue}} retried",
                },
                _PER_SECOND,
            ),
            _DEAD,
            Panel(
                "各省积压 what provinces lack",
                {"max by (province) (guopei_feed_sequence) - max by (province) (guopei_feed_sent)": "{{province}}"},
            ),
            Panel("连接 broker", {"max by (connection) (guopei_broker_connected)": "{{connection}}"}),
            Panel("暂停发送 relays that hold back", {"max by (service) (guopei_broker_unknown)": "{{service}}"}),
        ),
    ),
    "mongodb": (
        "MongoDB",
        (
            Panel("命令 commands", {_rate("guopei_mongo_seconds_count", "command"): "{{command}}"}, _PER_SECOND),
            Panel("p99", {_quantile(0.99, "guopei_mongo_seconds", by="command"): "{{command}}"}, _SECONDS),
            Panel(
                "最贵的集合 dearest collections",
                {f"topk(10, {_rate('guopei_mongo_seconds_sum', 'collection, command')})": "{{collection}} {{command}}"},
                _SECONDS,
            ),
            Panel("错误 errors", {_rate("guopei_mongo_errors_total", "code"): "{{code}}"}, _PER_SECOND),
            Panel(
                "连接池 pools",
                {
                    "sum by (job) (guopei_mongo_pool_in_use)": "{{job}} in use",
                    "sum by (job) (guopei_mongo_pool_waiting)": "{{job}} wait",
                },
            ),
            Panel("驱动 driver's silence", {"max by (job) (guopei_driver_canary_age_seconds)": "{{job}}"}, _SECONDS),
            Panel("时钟偏差 clock skew", {"max by (job) (abs(guopei_clock_skew_seconds))": "{{job}}"}, _SECONDS),
        ),
    ),
    "deadline-day": (
        "截止日 deadline day",
        (
            Panel(
                "写操作 mutations by operation",
                {
                    _rate(
                        "guopei_http_requests_total", "operation, outcome", f'{_GRAPH},kind="mutation"'
                    ): "{{operation}} {{outcome}}"
                },
                _PER_SECOND,
            ),
            _BY_CODE,
            _LATENCY,
            _LOGINS,
            _WAITING,
            Panel(
                "名额忙 lanes that are full", {_rate("guopei_lane_busy_total", "service"): "{{service}}"}, _PER_SECOND
            ),
            _OUTBOX,
            _LAG,
        ),
    ),
    "identity": (
        "身份 identity",
        (
            _LOGINS,
            _LOGIN_SECONDS,
            _WAITING,
            Panel("尝试 guesses", {_rate("guopei_gateway_guesses_total", "outcome"): "{{outcome}}"}, _PER_SECOND),
            Panel(
                "超限 callers that spent too much",
                {_rate("guopei_gateway_rate_limited_total", "caller"): "{{caller}}"},
                _PER_SECOND,
            ),
            Panel("已知公钥 keys known", {"count by (kid) (guopei_key_known)": "{{kid}}"}),
            Panel(
                "连接被拒 connections refused",
                {_rate("guopei_connections_refused_total", "bound"): "{{bound}}"},
                _PER_SECOND,
            ),
        ),
    ),
}
"""File name to title and panels."""


def files() -> Iterator[tuple[Path, str]]:
    """Each dashboard's file and its text."""
    for name, (title, panels) in DASHBOARDS.items():
        content = _dashboard(name, title, panels)
        yield FOLDER / f"{name}.json", json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _dashboard(name: str, title: str, panels: Sequence[Panel]) -> dict[str, Any]:
    return {
        "uid": f"guopei-{name}",
        "title": f"国培 {title}",
        "tags": ["guopei"],
        "timezone": "Asia/Shanghai",
        "schemaVersion": _SCHEMA,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]},
        "panels": [_panel(place, panel) for place, panel in enumerate(panels)],
    }


def _panel(place: int, panel: Panel) -> dict[str, Any]:
    row, column = divmod(place, _COLUMNS)
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": panel.title,
        "datasource": _DATASOURCE,
        "gridPos": {"x": column * _WIDTH, "y": row * _HEIGHT, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + number), "datasource": _DATASOURCE, "expr": expression, "legendFormat": legend}
            for number, (expression, legend) in enumerate(panel.expressions.items())
        ],
    }


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for file, text in files():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
