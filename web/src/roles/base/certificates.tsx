// The certificates of a class, for its base (R32).
import { ClassCertificatesPage } from "../certificates/class_certificates";
import { ProjectHead } from "./class_head";

export const CertificatesPage = ({ id }: { id: string }) => <ClassCertificatesPage id={id} head={(project) => <ProjectHead project={project} at="certificates" />} />;
