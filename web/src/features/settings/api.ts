import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import {
  credentialsCreate,
  credentialsDelete,
  credentialsListApps,
  credentialsRotate,
  credentialsUpdate,
  organizationCreateSecret,
  organizationDeleteSecret,
  organizationListSecrets,
  organizationPatch,
  organizationRead,
  organizationUpdateSecret,
  teamsCreate,
  teamsDelete,
  teamsListTeams,
  teamsUpdate,
  usersDelete,
  usersInvite,
  usersListUsers,
  usersPassword,
  usersRotate,
  usersUpdate,
} from "@/api/generated";

export interface User {
  id: string;
  email: string;
  firstName?: string;
  lastName?: string;
  status: string;
  type: string;
  providers: string[];
  teams: string[];
  roles: { name: string }[];
}

export interface Team {
  id: string;
  name: string;
  description: string | null;
  provider: string;
  users: { email: string; status?: string }[];
  updatedAt: string;
}

export interface AppCredentials {
  id: string;
  name: string;
  enabled: boolean;
  createdAt: string;
  updatedAt: string;
  secret?: string;
}

export interface Secret {
  secretName: string;
  description: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface Organization {
  id: string;
  name: string;
  settings: { hiddenBlueprints?: string[]; portalTitle?: string; portalIcon?: string };
  announcement?: { enabled?: boolean; content?: string; link?: string | null; color?: string };
}

export const usersQuery = queryOptions({
  queryKey: ["users"],
  queryFn: () => call<{ users: User[] }>(usersListUsers()).then((answer) => answer.users),
});
export const teamsQuery = queryOptions({
  queryKey: ["teams"],
  queryFn: () => call<{ teams: Team[] }>(teamsListTeams()).then((answer) => answer.teams),
});
export const appsQuery = queryOptions({
  queryKey: ["apps"],
  queryFn: () => call<{ apps: AppCredentials[] }>(credentialsListApps()).then((answer) => answer.apps),
});
export const secretsQuery = queryOptions({
  queryKey: ["secrets"],
  queryFn: () => call<{ secrets: Secret[] }>(organizationListSecrets()).then((answer) => answer.secrets),
});
export const wholeOrganizationQuery = queryOptions({
  queryKey: ["organization", "whole"],
  queryFn: () => call<{ organization: Organization }>(organizationRead()).then((answer) => answer.organization),
});

/** A change after which lists are read again. `silent`: the dialog shows the problem itself. */
function useChange<V, R>(key: string, change: (values: V) => Promise<R>, silent = true) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    meta: { silent },
    onSuccess: () => queries.invalidateQueries({ queryKey: [key] }),
  });
}

export const useInvite = () =>
  useChange("users", (invitee: { email: string; roles: string[]; teams: string[] }) =>
    call(usersInvite({ body: { invitee } })),
  );
export const useChangeUser = () =>
  useChange("users", ({ email, ...body }: { email: string; roles: string[]; teams: string[] }) =>
    call(usersUpdate({ path: { user_email: email }, body })),
  );
export const useDeleteUser = () =>
  useChange("users", (email: string) => call(usersDelete({ path: { user_email: email } })), false);
export const useSetPassword = () =>
  useChange("users", ({ email, password }: { email: string; password: string }) =>
    call(usersPassword({ path: { user_email: email }, body: { password } })),
  );
export const useRotateUser = () =>
  useChange(
    "users",
    (email: string) =>
      call<{ user: { clientId: string; clientSecret: string } }>(usersRotate({ path: { user_email: email } })),
    false,
  );

interface TeamValues {
  was: string | null;
  name: string;
  description: string;
  users: string[];
}
export const useSaveTeam = () =>
  useChange("teams", ({ was, ...body }: TeamValues) =>
    was === null ? call(teamsCreate({ body })) : call(teamsUpdate({ path: { name: was }, body })),
  );
export const useDeleteTeam = () => useChange("teams", (name: string) => call(teamsDelete({ path: { name } })), false);

export const useCreateApp = () =>
  useChange("apps", (name: string) => call<{ app: AppCredentials }>(credentialsCreate({ body: { name } })));
export const useChangeApp = () =>
  useChange(
    "apps",
    ({ id, ...body }: { id: string; name: string; enabled: boolean }) =>
      call(credentialsUpdate({ path: { id }, body })),
    false,
  );
export const useRotateApp = () =>
  useChange("apps", (id: string) => call<{ app: AppCredentials }>(credentialsRotate({ path: { id } })), false);
export const useDeleteApp = () => useChange("apps", (id: string) => call(credentialsDelete({ path: { id } })), false);

interface SecretValues {
  secretName: string;
  secretValue: string;
  description: string | null;
}
export const useCreateSecret = () =>
  useChange("secrets", (body: SecretValues) => call(organizationCreateSecret({ body })));
export const useChangeSecret = () =>
  useChange("secrets", ({ secretName, secretValue, description }: SecretValues) =>
    call(
      organizationUpdateSecret({
        path: { name: secretName },
        // an empty field means that the value stays: the portal never tells it
        body: secretValue === "" ? { description } : { secretValue, description },
      }),
    ),
  );
export const useDeleteSecret = () =>
  useChange("secrets", (name: string) => call(organizationDeleteSecret({ path: { name } })), false);

export const useChangeOrganization = () =>
  useChange("organization", (body: Partial<Organization>) => call(organizationPatch({ body: body as never })));
