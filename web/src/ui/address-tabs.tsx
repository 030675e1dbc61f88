import { Tabs } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** Tabs whose choice is in the address, so that it can be sent to somebody. */
export function AddressTabs({ value, children }: { value: string; children: ReactNode }) {
  const navigate = useNavigate();
  return (
    <Tabs
      value={value}
      onChange={(tab) => void navigate({ to: ".", search: { tab } as never, replace: true })}
      keepMounted={false}
    >
      {children}
    </Tabs>
  );
}
