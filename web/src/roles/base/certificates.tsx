// The certificates of a class, for its base (R32).
import { usePlace } from "../../app/router";
import { Heading } from "../../app/shell";
import { command } from "../../graph/client";
import { useQuery } from "../../graph/use";
import { Answered } from "../../parts/answered";
import { ClassCertificates } from "../certificates/class_certificates";
import { words as shared } from "../words";
import { ProjectHead } from "./class_head";
import { BaseCertificates, IssueCertificates, RevokeCertificate } from "./documents";

export function CertificatesPage({ id }: { id: string }) {
  const { query } = usePlace();
  const shown = useQuery(BaseCertificates, { id, after: query.get("after") });
  return (
    <Answered of={shown}>
      {({ project }) => project ? (
        <div class="stack">
          <ProjectHead project={project} at="certificates" />
          <ClassCertificates
            of={project}
            first={!query.get("after")}
            issue={async (of, enrollments) => {
              const { data, refusals } = await command(IssueCertificates, { project: of, enrollments: enrollments && [...enrollments] });
              return { rows: data?.issueCertificates, refusals };
            }}
            revoke={async (number, revocation, reason) => (await command(RevokeCertificate, { number, revocation, reason })).refusals}
          />
        </div>
      ) : <Heading title={shared().noProject}>{shared().noProject}</Heading>}
    </Answered>
  );
}
