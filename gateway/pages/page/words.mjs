// What all pages say, in Chinese, which is the default, and in English.

const ZH = {
  other: "English",
  signIn: "登录",
  login: "登录名",
  password: "密码",
  code: "验证器上的6位验证码",
  first: "首次登录，请设置新密码",
  newPassword: "新密码",
  confirm: "确定",
  signOut: "退出",
  away: "没有应答，请稍后重试。",
  enrollFirst: "此账号须先绑定验证器，请先在平台完成绑定。",
  failed: "出错了，请稍后重试。",
};

const EN = {
  other: "中文",
  signIn: "Sign in",
  login: "Login name",
  password: "Password",
  code: "Six digits of your authenticator",
  first: "First login: set a new password",
  newPassword: "New password",
  confirm: "OK",
  signOut: "Sign out",
  away: "No answer. Try again later.",
  enrollFirst: "This account has to set up its authenticator on the platform first.",
  failed: "Something went wrong. Try again later.",
};

export const WORDS = { "zh-CN": ZH, en: EN };
