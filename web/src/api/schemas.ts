import { queryOptions } from "@tanstack/react-query";
import type { Schema } from "@/ui/code/completion";

interface Description {
  paths: Record<string, Record<string, { requestBody?: { content?: Record<string, { schema?: Schema }> } }>>;
}

/** The portal's own description; what it says about bodies helps whoever writes them. */
const descriptionQuery = queryOptions({
  queryKey: ["api-description"],
  queryFn: async () => {
    const response = await fetch("/openapi.json");
    if (!response.ok) throw new Error(`The API description answered ${response.status}`);
    return (await response.json()) as Description;
  },
  staleTime: Number.POSITIVE_INFINITY,
});

/** The schema of what an operation takes. */
export function bodySchemaQuery(method: string, path: string) {
  return queryOptions({
    ...descriptionQuery,
    select: (description: Description) =>
      description.paths[path]?.[method]?.requestBody?.content?.["application/json"]?.schema,
  });
}
