// Begins the replica set of deploy/compose.yaml and makes its users; may be run again. Passwords are read from files.
const fs = require("node:fs");
const { MONGODB_DATABASE_ADMIN_USER: name, MONGODB_DATABASE_ADMIN_PASSWORD: pwd } = process.env;
const connection = connect("mongodb://127.0.0.1:27017/admin?directConnection=true");
try {
  connection.auth(name, pwd);
} catch {
  try {
    connection.runCommand({ replSetInitiate: { _id: "rs0", members: [{ _id: 0, host: "mongodb:27017" }], settings: { electionTimeoutMillis: 4000 } } });
  } catch (error) {
    if (error.codeName !== "AlreadyInitialized") throw error;
  }
  while (!connection.hello().isWritablePrimary) sleep(500);
  connection.createUser({ user: name, pwd, roles: ["root"] });
  connection.auth(name, pwd);
}
while (!connection.hello().isWritablePrimary) sleep(500);
for (const service of fs.readdirSync("/run/guopei/users")) {
  const own = connection.getSiblingDB(service);
  if (own.getUser(service)) continue;
  const password = fs.readFileSync(`/run/guopei/users/${service}`, "utf8").trim();
  own.createUser({ user: service, pwd: password, roles: [{ role: "readWrite", db: service }] });
}
