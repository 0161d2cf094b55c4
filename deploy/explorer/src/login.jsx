// The login box: one account of `make run` at a time, or the public.
import { useState } from "react";

const SCOPES = { ministry: "教育部", base: "基地", expert: "专家", school: "学校", province: "省级", teacher: "教师" };

export function Login({ session, onChange, onSignOut }) {
  const [form, setForm] = useState({ login: "", password: "", scope: "", fresh: "" });
  const [refusal, setRefusal] = useState(null);
  const { account } = session;

  const field = (name, label, rest) => (
    <label>
      {label}
      <input
        value={form[name]}
        onChange={(event) => setForm({ ...form, [name]: event.target.value })}
        {...rest}
      />
    </label>
  );
  const act = (work) => async (event) => {
    event?.preventDefault();
    try {
      await work();
      setRefusal(null);
    } catch (error) {
      setRefusal(error.message);
    }
    onChange();
  };
  const signIn = act(() => session.signIn(form.login.trim(), form.password, form.scope));
  const setPassword = act(async () => {
    await session.setPassword(form.password, form.fresh);
    setForm({ ...form, password: form.fresh, fresh: "" });
  });

  return (
    <header className="login">
      <strong>国培 Guopei Graph</strong>
      <form onSubmit={signIn}>
        {field("login", "登录名 login", { autoComplete: "username", required: true })}
        {field("password", "密码 password", { type: "password", autoComplete: "current-password", required: true })}
        <label>
          角色 scope
          <select value={form.scope} onChange={(event) => setForm({ ...form, scope: event.target.value })}>
            <option value="">自动 auto</option>
            {Object.entries(SCOPES).map(([scope, name]) => (
              <option key={scope} value={scope}>{`${name} ${scope}`}</option>
            ))}
          </select>
        </label>
        <button type="submit">登录 Log in</button>
      </form>
      {account?.mustChangePassword && (
        <form onSubmit={setPassword}>
          {field("fresh", "首次登录，请设置新密码 new password", {
            type: "password",
            autoComplete: "new-password",
            required: true,
          })}
          <button type="submit">设置 Set</button>
        </form>
      )}
      <output aria-live="polite">
        {account ? `${account.login} · ${SCOPES[account.scope] ?? ""} ${account.scope}` : "公众 public"}
      </output>
      {account && (
        <button type="button" onClick={act(() => session.signOut().finally(onSignOut))}>
          退出 Log out
        </button>
      )}
      {refusal && <p role="alert">{refusal}</p>}
    </header>
  );
}
