import { Menu, MenuButton, MenuItem, MenuProvider } from '@ariakit/react';
import type { Conversation, Message } from '@lama/ipc-client';
import { Copy, Ellipsis, Pencil, Trash } from '../components/icons.ts';
import { useState } from 'react';
import { Button, Modal } from '../components/parts.tsx';
import { notify } from '../state/app.ts';
import { begin_edit } from '../state/drafts.ts';
import { delete_message } from '../state/user.ts';
import { t } from '../strings.ts';

/** What can be done with a message. Its own author alone changes it, and only where every node in the chat understands that. */
export function MessageMenu({ message: x, text, conversation }: { message: Message; text: string; conversation: Conversation }) {
  const [asking, ask] = useState(false);
  const changes = x.me && !x.imported && conversation.takesChanges;
  if (!text && !changes) return null;
  const copy = () => void navigator.clipboard.writeText(text).then(
    () => notify(t.copied),
    () => notify(t.chat.cannotCopy),
  );
  return (
    <>
      <MenuProvider placement="bottom-end">
        <MenuButton className="message-menu" aria-label={t.chat.actions}>
          <Ellipsis size={18} aria-hidden="true" />
        </MenuButton>
        <Menu className="menu" gutter={4} portal unmountOnHide>
          {text ? (
            <MenuItem className="menu-item" onClick={copy}>
              <Copy size={18} aria-hidden="true" />
              {t.chat.copyText}
            </MenuItem>
          ) : null}
          {changes && text ? (
            <MenuItem className="menu-item" onClick={() => begin_edit(conversation.conversationId, x.messageHash, text)}>
              <Pencil size={18} aria-hidden="true" />
              {t.chat.edit}
            </MenuItem>
          ) : null}
          {changes ? (
            <MenuItem className="menu-item danger" onClick={() => ask(true)}>
              <Trash size={18} aria-hidden="true" />
              {t.chat.delete}
            </MenuItem>
          ) : null}
        </Menu>
      </MenuProvider>
      <Modal open={asking} onClose={() => ask(false)} title={t.chat.deleteTitle}>
        <p>{t.chat.deleteText}</p>
        <div className="modal-actions">
          <Button onClick={() => ask(false)}>{t.cancel}</Button>
          <Button
            look="danger"
            onClick={() => {
              ask(false);
              delete_message(conversation.conversationId, x.messageHash);
            }}
          >
            {t.chat.delete}
          </Button>
        </div>
      </Modal>
    </>
  );
}
