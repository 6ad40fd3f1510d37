import { useState } from 'react';
import { t } from '../strings.ts';
import { Eye, EyeOff } from './icons.ts';

interface SecretProps {
  id: string;
  value: string;
  onChange: (x: string) => void;
  autoComplete: string;
  ref_?: React.RefObject<HTMLInputElement>;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
}

/** A password, which can be looked at. */
export function SecretInput({ value, onChange, ref_, ...rest }: SecretProps) {
  const [shown, show] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <div className="secret">
      <input {...rest} ref={ref_} className="input" type={shown ? 'text' : 'password'} value={value} onChange={(e) => onChange(e.target.value)} required />
      <button type="button" className="secret-toggle" aria-label={t.login.showPassword} aria-pressed={shown} onClick={() => show(!shown)}>
        <Icon size={18} aria-hidden="true" />
      </button>
    </div>
  );
}
