/** What is still to be asked, and a good way to meet the call now: never a score of the caller. */
import { say, t } from "../i18n";
import { type Reading, SLOTS } from "../protocol/messages";
import { wayToMeet } from "../state/call";
import { Icon } from "../ui/icons";

export function Meeting({ reading }: { reading: Reading | null }) {
  if (reading === null) return null;
  const words = t.value.agent;
  const slots = t.value.reading.slots;
  const meet = wayToMeet(reading);
  const known = new Set(reading.slots.map((slot) => slot.slot));
  return (
    <div class="meeting">
      {reading.is_complaint && (
        <section aria-label={t.value.reading.checklist}>
          <p class="meeting-name">{known.size === SLOTS.length ? words.allKnown : words.ask}</p>
          <ul class="slots">
            {SLOTS.map((slot) => (
              <li key={slot} data-known={known.has(slot)}>
                <Icon name={known.has(slot) ? "check" : "circle"} size={13} />
                <span>
                  {slots[slot]}
                  <span class="unseen">
                    {" "}
                    {known.has(slot) ? t.value.reading.known : t.value.reading.missing}
                  </span>
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {meet && (
        <p class="meeting-way">
          <span class="meeting-name">{words.meet}</span> {say(meet)}
        </p>
      )}
    </div>
  );
}
