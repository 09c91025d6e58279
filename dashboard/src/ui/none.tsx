/** In the place of a list that is empty: that it is, and why. */
export function Nothing({ says, why }: { says: string; why: string }) {
  return (
    <div class="tuning-none">
      <p>
        <b>{says}</b>
      </p>
      <p>{why}</p>
    </div>
  );
}
