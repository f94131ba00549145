/**
 * The accounts that grace passes run on belong to nobody: no name, number, password, phone or right of a person
 * is ever theirs. What anybody has set on one before is taken off.
 */
export const sql = `
ALTER TABLE subscribers ADD COLUMN reserved BIGINT NOT NULL DEFAULT 0;
UPDATE subscribers SET reserved = 1, password_hash = '!', network_password = NULL, first_password = 0,
    phone_k = NULL, phone = NULL, phone_proved_at = NULL, display_name = NULL, nik = NULL, nik_k = NULL,
    citizen_k = NULL, child = 0, guardian_k = NULL, disabled = 0, first_login_at = NULL, valid_until = NULL
  WHERE username LIKE 'sw-grace-%s-%k';
DELETE FROM devices WHERE account_id IN (SELECT id FROM subscribers WHERE reserved = 1);
DELETE FROM tokens WHERE session_id IS NULL AND username NOT LIKE 'sw-grace-%'
  AND account_id IN (SELECT id FROM subscribers WHERE reserved = 1);
UPDATE rights_requests SET cancelled_at = requested_at WHERE done_at IS NULL AND cancelled_at IS NULL
  AND account_id IN (SELECT id FROM subscribers WHERE reserved = 1);
UPDATE sessions SET disconnect_requested_at = updated_at, disconnect_reason = 'not a pass',
    disconnect_attempts = 0, disconnect_acked_at = NULL, leased_until = 0, enforce_error = NULL
  WHERE state <> 'closed' AND username NOT LIKE 'sw-grace-____________'
    AND account_id IN (SELECT id FROM subscribers WHERE reserved = 1);
`;
