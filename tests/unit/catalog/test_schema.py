"""The catalog's part of the graph: the names of the draft, and a mark on every root and inner field."""

from graphql import GraphQLObjectType, build_schema, parse
from graphql.language import FieldDefinitionNode, ObjectTypeDefinitionNode

from services.catalog.graph.schema import schema

QUERIES = {
    "round", "rounds", "provinces", "province", "base", "bases", "project", "projects", "myBases", "myReviews",
    "experts", "projectByCode",
}  # fmt: skip
MUTATIONS = {
    "openRound", "extendPhase", "registerBase", "registerExpert", "setBaseTeam", "draftProject", "updateProject",
    "submitProject", "withdrawProject", "addClass", "amendProject", "startProject", "finishProject", "cancelProject",
    "amendRound", "recordAsHeld", "recordAsNotHeld",
    "submitReview", "assignExperts", "decideProject", "reviseProjectDecision", "publishProjects", "suspendProject",
    "resumeProject", "extendProject", "adjustQuota", "autoAssignExperts", "decideProjects", "renameBase",
    "renameOrganization", "extendBase", "recategorizeBase", "closeBase", "mergeBases", "correctExpert",
    "withdrawExpert", "revealBaseTeam", "reinstateExpert", "reopenBase", "amendBase",
}  # fmt: skip
INNER = {
    "Base": {"quota", "team", "provinceReason"},
    "BaseClosing": {"reason"},
    "Expert": {"openAssignments", "withdrawalReason"},
    "Project": {"needsEvidence", "justifications", "warnings", "problems", "reviews", "decision", "history", "experts"},
    "Review": {"expert"},
}


def fields(name: str) -> dict[str, FieldDefinitionNode]:
    nodes = [
        node
        for node in parse(schema.as_str()).definitions
        if isinstance(node, ObjectTypeDefinitionNode) and node.name.value == name
    ]
    return {field.name.value: field for node in nodes for field in node.fields or ()}


def scopes(field: FieldDefinitionNode) -> bool:
    return any(directive.name.value == "requiresScopes" for directive in field.directives or ())


def test_the_root_fields_are_the_drafts() -> None:
    assert set(fields("Query")) - {"_entities", "_service"} == QUERIES
    assert set(fields("Mutation")) == MUTATIONS


def test_every_root_field_says_who_may() -> None:
    for name, field in {**fields("Query"), **fields("Mutation")}.items():
        marked = field.description is not None and field.description.value.endswith("# public")
        assert marked != scopes(field) or name.startswith("_"), name


def test_what_is_inner_is_guarded_and_nullable() -> None:
    for kind, names in INNER.items():
        by_name = fields(kind)
        assert {name for name, field in by_name.items() if scopes(field)} == names
        assert all(by_name[name].type.kind != "non_null_type" for name in names)


def test_the_schema_stands_without_a_connection() -> None:
    head = (
        "directive @key(fields: String!) repeatable on OBJECT\n"
        "directive @link(url: String!, import: [String!]) repeatable on SCHEMA\n"
        "directive @composeDirective(name: String!) repeatable on SCHEMA\n"
        "directive @shareable on OBJECT\n"
        "directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION\n"
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],"
        " requireOneSlicingArgument: Boolean) on FIELD_DEFINITION\n"
        "directive @cost(weight: Int!) on FIELD_DEFINITION\n"
    )
    built = build_schema(head + schema.as_str())
    assert isinstance(built.type_map["Project"], GraphQLObjectType)
