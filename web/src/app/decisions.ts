import { queryOptions, useQuery } from "@tanstack/react-query";
import { call } from "@/api/client";
import { accessAsk } from "@/api/generated";

export interface Decision {
  allowed: boolean;
  reason: string;
}

/** What is asked: a verb on a blueprint or one of its entities, or whether an action may be executed. */
export type Question =
  | {
      action: "read" | "register" | "update" | "unregister";
      resource: { blueprint: string; entity?: string; properties?: string[]; relations?: string[] };
    }
  | { verb: "execute" | "approve"; action: string; entity?: string };

export const decisionQuery = (question: Question) =>
  queryOptions({
    queryKey: ["decision", question],
    queryFn: () =>
      call<{ decision: Decision }>(accessAsk({ body: question as never })).then(({ decision }) => decision),
    staleTime: 60_000,
  });

/** Props of a button for something that the portal may refuse: usable until it is known not to be, and then it says why. */
export function usePermitted(question: Question): { disabled: boolean; title?: string } {
  const { data } = useQuery(decisionQuery(question));
  return data?.allowed === false ? { disabled: true, title: data.reason } : { disabled: false };
}
