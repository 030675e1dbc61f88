/** The product's mark: a flag on a green. */
export function Mark({ size = 28, alt = "" }: { size?: number; alt?: string }) {
  return <img src="/favicon.svg" width={size} height={size} alt={alt} />;
}
