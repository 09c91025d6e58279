/** In the place of a list that is empty: that it is, and why; `look` is the page's style for it. */
export function Nothing({
  look,
  says,
  why,
}: {
  look: "history-none" | "tuning-none";
  says: string;
  why: string;
}) {
  return (
    <div class={look}>
      <p>
        <b>{says}</b>
      </p>
      <p>{why}</p>
    </div>
  );
}
