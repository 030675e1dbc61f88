import { Alert, Button, Center, Divider, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { call } from "@/api/client";
import { sessionsLogin, sessionsMethods } from "@/api/generated";
import { useSignedIn } from "@/app/session";
import { Mark } from "@/ui/mark";

interface Methods {
  password: boolean;
  oidc: boolean;
}

/** Sign in with a password, or at the organisation's identity provider. */
export function Login() {
  const signedIn = useSignedIn();
  const methods = useQuery({ queryKey: ["login-methods"], queryFn: () => call<Methods>(sessionsMethods()) });
  const form = useForm({ initialValues: { email: "", password: "" } });
  const login = useMutation({
    meta: { silent: true },
    mutationFn: (body: { email: string; password: string }) => call(sessionsLogin({ body })),
    onSuccess: signedIn,
  });
  const back = encodeURIComponent(window.location.pathname + window.location.search);
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder shadow="sm" p="xl" w="100%" maw={400}>
        <Stack>
          <Stack gap={4} align="center">
            <Mark size={44} />
            <Title order={1} size="h3">
              Sign in to Fairway
            </Title>
          </Stack>
          {login.isError && (
            <Alert color="red" role="alert">
              {login.error.message}
            </Alert>
          )}
          <form onSubmit={form.onSubmit((values) => login.mutate(values))}>
            <Stack gap="sm">
              <TextInput
                label="E-mail"
                type="email"
                autoComplete="username"
                required
                autoFocus
                {...form.getInputProps("email")}
              />
              <PasswordInput
                label="Password"
                autoComplete="current-password"
                required
                {...form.getInputProps("password")}
              />
              <Button type="submit" loading={login.isPending} fullWidth mt="xs">
                Sign in
              </Button>
            </Stack>
          </form>
          {methods.data?.oidc && (
            <>
              <Divider label="or" />
              <Button component="a" href={`/v1/fairway/auth/oidc/start?next=${back}`} variant="default" fullWidth>
                Single sign-on
              </Button>
            </>
          )}
          <Text size="xs" c="dimmed" ta="center">
            The first login was printed when the portal was started for the first time.
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}
