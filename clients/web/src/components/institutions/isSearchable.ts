/** Whether the directory can be searched for this: two letters or digits at least, as the API counts them. */
export function isSearchable(query: string): boolean {
  return (query.normalize("NFKC").match(/[\p{L}\p{N}]/gu) ?? []).length >= 2;
}
