package io.manta.testkit.chaos;

/// What may befall a cluster.
enum Fault {
  /// A node is killed.
  KILL,
  /// A node is killed, and its folder is lost.
  FORGET,
  /// A node leaves in order.
  STOP,
  /// A node stands still, for less time than others take it for dead.
  STAND_STILL,
  /// A node stands still for longer than that.
  FREEZE,
  /// All links are slow, some so slow that frames are sent again.
  DELAY,
  /// All links are narrow.
  NARROW,
  /// Nothing passes between a node and all others for a while, and nothing is lost.
  STALL,
  /// What goes between two nodes is lost, for less time than they take each other for dead.
  CUT,
  /// The same in one direction.
  DEAF,
  /// A node is cut off from all others for longer than that.
  ISOLATE,
  /// A driver is cut off from all nodes.
  CUT_DRIVER
}
