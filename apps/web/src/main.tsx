import './styles/base.css';
import './styles/parts.css';
import './styles/shell.css';
import './styles/chat.css';
import './styles/pages.css';
import './styles/sync.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Fault } from './components/fault.tsx';
import { begin } from './state/session.ts';
import { apply_theme } from './state/preferences.ts';
import { Page } from './views/page.tsx';

apply_theme();
void begin();

const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <StrictMode>
      <Fault>
        <Page />
      </Fault>
    </StrictMode>,
  );
