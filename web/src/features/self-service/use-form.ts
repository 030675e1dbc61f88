import { useDebouncedValue } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "@/api/errors";
import type { Json } from "@/api/model";
import { type Form, type FormInput, formQuery, type Subject, useStart, type Values } from "./api";
import { changed, refusalsOf } from "./model";

const TYPING_MS = 250;
const EMPTY = "This has to be filled in";

interface Options {
  subject: Subject;
  entity: string | null;
  initial: Values;
}

/**
 * The state of a form: what was typed stays in the browser and is never overwritten; everything else the portal works
 * out anew while somebody types.
 */
export function useActionForm({ subject, entity, initial }: Options) {
  const queries = useQueryClient();
  const [values, setValues] = useState<Values>(initial);
  const [asked] = useDebouncedValue(values, TYPING_MS);
  const query = useQuery(formQuery(subject, asked, entity));
  const [refused, setRefused] = useState<Record<string, string>>({});
  const [others, setOthers] = useState<string[]>([]);
  const [demanded, setDemanded] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState<string | null>(null);
  const start = useStart(subject);
  const form = query.data;

  const set = (input: FormInput, value: Json | undefined) => {
    setValues((before) => changed(before, input, value));
    const { [input.identifier]: _gone, ...rest } = refused;
    setRefused(rest);
  };

  const errorOf = (input: FormInput): string | undefined => {
    const { identifier: name } = input;
    if (refused[name] !== undefined) return refused[name];
    if (form === undefined || name === focused) return undefined;
    const isCurrent = asked[name] === values[name];
    if (isCurrent && input.errors[0]) return input.errors[0].message;
    return demanded.has(name) && isCurrent && form.missing.includes(name) ? EMPTY : undefined;
  };

  /** Whether these inputs will do for now; what will not is marked. */
  const check = async (names: string[]): Promise<boolean> => {
    const now: Form = await queries.fetchQuery(formQuery(subject, values, entity));
    setDemanded((before) => new Set([...before, ...names]));
    setFocused(null);
    const wrong = names.flatMap((name): [string, string][] => {
      const said = now.errors[name]?.[0]?.message ?? (now.missing.includes(name) ? EMPTY : undefined);
      return said === undefined ? [] : [[name, said]];
    });
    setRefused(Object.fromEntries(wrong));
    return wrong.length === 0;
  };

  /** The id of the run, or null when the portal refused it; then the names of what is wrong are told. */
  const submit = async (button?: string): Promise<{ run: string } | { wrong: string[] }> => {
    setFocused(null);
    setOthers([]);
    try {
      return { run: await start.mutateAsync({ values, entity, button }) };
    } catch (problem) {
      if (!(problem instanceof ApiError) || form === undefined) throw problem;
      const said = refusalsOf(problem.details, form);
      setRefused(said.inputs);
      const wrong = Object.keys(said.inputs);
      setOthers(wrong.length === 0 && said.others.length === 0 ? [problem.message] : said.others);
      return { wrong };
    }
  };

  const reset = (next: Values) => {
    setValues(next);
    setRefused({});
    setOthers([]);
    setDemanded(new Set());
  };

  return {
    query,
    form,
    values,
    asked,
    set,
    errorOf,
    check,
    submit,
    reset,
    setFocused,
    others,
    isSending: start.isPending,
    isDone: start.isSuccess,
  };
}

export type ActionFormState = ReturnType<typeof useActionForm>;
