/** What is true of a parameter: decay, penalties, trust ratio and rules on units go by it. */
export type Role = 'weight' | 'bias' | 'slope';
