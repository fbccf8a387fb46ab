package board

// WordsWide is the room of the queue's words.
const WordsWide = wordsWide
