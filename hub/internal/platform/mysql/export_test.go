package mysql

// StandBack is what TakeSums does to its connections.
var StandBack = standBack
