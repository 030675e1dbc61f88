import { Text } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { call } from "@/api/client";
import { usersListUsers } from "@/api/generated";

interface Person {
  id: string;
  email: string;
  firstName?: string | null;
  lastName?: string | null;
}

const FIELDS = ["id", "email", "firstName", "lastName"];

const peopleQuery = queryOptions({
  queryKey: ["people"],
  queryFn: () =>
    call<{ users: Person[] }>(usersListUsers({ query: { fields: FIELDS } as never })).then(
      ({ users }) => new Map(users.map((user) => [user.id, user])),
    ),
  staleTime: 600_000,
});

/** The name of whoever an id stands for; the id itself for credentials and for people who are gone. */
export function usePersonName(): (id: string | null | undefined) => string {
  const { data } = useQuery(peopleQuery);
  return (id) => {
    const found = id ? data?.get(id) : undefined;
    const full = [found?.firstName, found?.lastName].filter(Boolean).join(" ");
    return full || found?.email || id || "";
  };
}

/** The e-mail of whoever an id stands for. */
export function usePersonEmail(): (id: string | null | undefined) => string | undefined {
  const { data } = useQuery(peopleQuery);
  return (id) => (id ? data?.get(id)?.email : undefined);
}

/** Who did something. */
export function Who({ id, size = "sm" }: { id: string | null | undefined; size?: string }) {
  const name = usePersonName();
  const email = usePersonEmail();
  return (
    <Text size={size} truncate span title={email(id) ?? id ?? undefined}>
      {name(id)}
    </Text>
  );
}
