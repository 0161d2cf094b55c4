// Signing in: a login and a password, then whatever else is wanted.

import { field, h, show, tell } from "./elements.mjs";

/** A form by which a teacher signs in.
 *
 * `done` is called with what was entered, once all is given; `more` are further fields.
 */
export function signInForm({ register, say, form, done, more = [] }) {
  async function entered(values, { wants, challenge }) {
    if (wants === "enrollment") return tell(say.enrollFirst, true);
    if (wants === "code")
      return show(
        h("h2", { text: say.code }),
        form(field("code", say.code, "text", "one-time-code"), say.confirm, async ({ code }) =>
          entered(values, await register.giveCode(challenge, code.trim())),
        ),
      );
    if (wants === "password")
      return show(
        h("h2", { text: say.first }),
        form(field("fresh", say.newPassword, "password", "new-password"), say.confirm, async ({ fresh }) =>
          entered({ ...values, password: fresh }, await register.setPassword(values.password, fresh)),
        ),
      );
    return done(values);
  }

  return form(
    [...field("login", say.login, "text", "username"), ...field("password", say.password, "password", "current-password"), ...more],
    say.signIn,
    async (values) => entered(values, await register.signIn(values.login.trim(), values.password)),
  );
}
