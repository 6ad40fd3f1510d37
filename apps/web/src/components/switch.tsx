export function Switch({ label, hint, on, set }: { label: string; hint?: string; on: boolean; set: (x: boolean) => void }) {
  return (
    <label className="switch">
      <span>
        {label}
        {hint ? <span className="field-hint">{hint}</span> : null}
      </span>
      <input type="checkbox" role="switch" checked={on} onChange={(e) => set(e.target.checked)} />
      <span className="switch-track" aria-hidden="true" />
    </label>
  );
}
