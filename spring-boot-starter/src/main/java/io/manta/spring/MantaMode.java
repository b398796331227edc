package io.manta.spring;

/// What the application is to the cluster; the property `manta.mode`.
public enum MantaMode {
  /// One of its nodes: tasks and actors run in this process.
  NODE,
  /// A driver: it submits work to the nodes and runs none.
  CONNECT
}
