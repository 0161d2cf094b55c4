// The organisation of an account, which the gateway knows by an id or code alone.
import { useQuery } from "../../graph/use";
import type { Account } from "../accounts";
import { BaseName, ProvinceName, SchoolName } from "./documents";

const Base = ({ id }: { id: string }) => <p>{useQuery(BaseName, { id }).data?.base?.name}</p>;
const School = ({ code }: { code: string }) => <>{useQuery(SchoolName, { code }).data?.school?.name}</>;
const Province = ({ code }: { code: string }) => <>{useQuery(ProvinceName, { code }).data?.province?.name}</>;

/** Its base or bases, its school or its province; nothing for the ministry's own and for experts. */
export function organizationOf({ bases, school, province, scope }: Account) {
  if (scope === "base") return bases?.map((id) => <Base key={id} id={id} />);
  if (school) return <School key={school} code={school} />;
  return scope === "province" && province ? <Province key={province} code={province} /> : null;
}
