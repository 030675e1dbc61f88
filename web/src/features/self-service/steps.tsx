import { UnstyledButton } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import classes from "./form.module.css";

interface Props {
  titles: string[];
  current: number;
  /** Which steps hold something that will not do. */
  wrong: boolean[];
  onGo: (step: number) => void;
}

/** The steps of a form; those before the present one and the one after it can be gone to. */
export function StepList({ titles, current, wrong, onGo }: Props) {
  return (
    <nav aria-label="Steps">
      <ol className={classes.steps}>
        {titles.map((title, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no other identity
          <li key={at}>
            <UnstyledButton
              className={classes.step}
              aria-current={at === current ? "step" : undefined}
              disabled={at > current + 1}
              onClick={() => onGo(at)}
            >
              <span className={classes.number}>
                <Mark at={at} current={current} wrong={wrong[at] === true} />
              </span>
              <span className={classes.title}>{title}</span>
              {wrong[at] && <span className="visually-hidden">, has errors</span>}
            </UnstyledButton>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Mark({ at, current, wrong }: { at: number; current: number; wrong: boolean }) {
  if (wrong) return <IconAlertTriangle size={13} aria-hidden />;
  return at < current ? <IconCheck size={13} aria-hidden /> : at + 1;
}
