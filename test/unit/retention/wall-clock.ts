/**
 * Periods by another way than retention finds them: the platform's own formatting of local days, and a walk back from
 * day to day until an anchor is met.
 */
export function periodIn(
  tier: string,
  instant: string,
  timezone: string,
  anchors: { weekly: number; monthly: number; yearly: { month: number; day: number } },
): string {
  const local = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).format(new Date(instant));
  const day = new Date(`${local}T00:00:00Z`);
  const isStart = () => {
    if (tier === 'weekly') return (day.getUTCDay() || 7) === anchors.weekly;
    if (tier === 'monthly') return day.getUTCDate() === anchors.monthly;
    if (tier === 'yearly')
      return day.getUTCMonth() + 1 === anchors.yearly.month && day.getUTCDate() === anchors.yearly.day;
    return true;
  };
  while (!isStart()) day.setUTCDate(day.getUTCDate() - 1);
  return day.toISOString().slice(0, 10);
}
