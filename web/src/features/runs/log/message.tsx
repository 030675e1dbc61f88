import Anser from "anser";
import { Fragment, memo } from "react";
import classes from "./log.module.css";
import { markedParts } from "./model";

const ESCAPE = "\u001b";

function classOf(colour: string | null, bold: boolean): string {
  const name = colour?.replace("ansi-", "").replace("bright-", "") ?? "";
  return [classes[name], bold ? classes.bold : ""].filter(Boolean).join(" ");
}

/** The text of a line: colours of terminals as far as they can be read on both grounds, what was looked for marked. */
export const Message = memo(function Message({ text, wanted }: { text: string; wanted: string }) {
  if (!text.includes(ESCAPE)) return <Marked text={text} wanted={wanted} />;
  const parts = Anser.ansiToJson(text, { json: true, remove_empty: true, use_classes: true });
  return parts.map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text that does not change
    <span key={at} className={classOf(part.fg, part.decorations.includes("bold"))}>
      <Marked text={part.content} wanted={wanted} />
    </span>
  ));
});

function Marked({ text, wanted }: { text: string; wanted: string }) {
  return markedParts(text, wanted).map(
    (part, at) =>
      // biome-ignore-start lint/suspicious/noArrayIndexKey: parts of a text that does not change
      part.marked ? <mark key={at}>{part.text}</mark> : <Fragment key={at}>{part.text}</Fragment>,
    // biome-ignore-end lint/suspicious/noArrayIndexKey: parts of a text that does not change
  );
}
