// The evaluation of a class: who may answer, how many have, its results; all attendees are reminded alike (R34 to R36).
import { Heading } from "../../../app/shell";
import { command } from "../../../graph/client";
import { useQuery } from "../../../graph/use";
import { Act } from "../../../parts/act";
import { Answered } from "../../../parts/answered";
import { EvaluationOfClass } from "../../rating/documents";
import { Instruments } from "../../rating/results";
import { words } from "../../rating/words";
import { words as shared } from "../../words";
import { ProjectHead } from "../class_head";
import { RemindEvaluation } from "./documents";

export function EvaluationPage({ id }: { id: string }) {
  const say = words();
  const shown = useQuery(EvaluationOfClass, { id });
  return (
    <Answered of={shown}>
      {({ project }) => project ? (
        <div class="stack">
          <ProjectHead project={project} at="evaluation" />
          {project.instruments && (
            <Instruments of={project.instruments}>
              {project.instruments.some((each) => each.state === "OPEN") && (
                <Act label={say.remind} ask={say.remindAsk} run={async () => (await command(RemindEvaluation, { project: project.id })).refusals} />
              )}
            </Instruments>
          )}
        </div>
      ) : <Heading title={shared().noProject}>{shared().noProject}</Heading>}
    </Answered>
  );
}
