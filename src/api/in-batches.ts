/** Reads many things a few at a time: not one after the other, which takes their sum, nor all at once, which takes the store. */

const WIDTH = 32

/** In the order of the items. */
export async function inBatches<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let from = 0; from < items.length; from += WIDTH) {
    results.push(...(await Promise.all(items.slice(from, from + WIDTH).map(read))))
  }
  return results
}
