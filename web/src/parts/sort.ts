/** By which column a list is sorted, and which way. */
export interface Sort {
  by: string;
  down: boolean;
}
