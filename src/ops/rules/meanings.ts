/** What each fusion rule does, in one sentence for readers of a plan. */

export const MEANINGS: Readonly<Record<string, string>> = {
  'slope-in-epilogue': 'The derivative of an activation, dropout and penalties on activations happen where the gradient is made.',
  epilogue: 'Activation, dropout and sums of branches happen where their input is made, in registers.',
  'fused-head': 'The last product, its loss and the gradient of its input are one dispatch.',
  'update-in-epilogue': 'A weight is updated where its gradient is made: the gradient never reaches memory.',
  'one-dispatch-update': 'The fused updates of all layers are one dispatch.',
};
