/** The roles of the program, as `smartwifi serve` names them. */
export const ROLES = ['portal', 'radius', 'resolver', 'controller'] as const;

export type Role = (typeof ROLES)[number];

export function isRole(word: string): word is Role {
  return (ROLES as readonly string[]).includes(word);
}
