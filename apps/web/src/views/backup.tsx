import { useState } from 'react';
import { Button, Notice, Path } from '../components/parts.tsx';
import { words_of } from '../lib/failure.ts';
import { bytes } from '../lib/format.ts';
import { client } from '../state/app.ts';
import { t } from '../strings.ts';

/** Reads all that the device has. */
const deadline = 2 * 60 * 60_000;

/** What this device holds into one file beside the node's data; the archive's is made on the archive. */
export function Backup({ username }: { username: string }) {
  const [busy, set_busy] = useState(false);
  const [made, set_made] = useState<{ file: string; bytes: number } | null>(null);
  const [problem, set_problem] = useState<string | null>(null);
  const run = async () => {
    set_busy(true);
    set_made(null);
    set_problem(null);
    const moment = new Date().toISOString().slice(0, 19).replace(/[:T]/g, '-');
    try {
      set_made(await client.call('app:backup', { file: `${username}-device-${moment}.lamabackup` }, { deadline }));
    } catch (failure) {
      set_problem(words_of(failure));
    } finally {
      set_busy(false);
    }
  };
  return (
    <>
      <p className="field-hint">{t.backup.hint}</p>
      <p className="field-hint">{t.backup.archive}</p>
      <div className="actions">
        <Button busy={busy} onClick={() => void run()}>
          {busy ? t.backup.running : t.backup.begin}
        </Button>
      </div>
      {problem ? <Notice kind="error">{problem}</Notice> : null}
      {made ? (
        <Notice kind="good">
          <p>{t.backup.done(bytes(made.bytes))}</p>
          <Path path={made.file} />
        </Notice>
      ) : null}
    </>
  );
}
