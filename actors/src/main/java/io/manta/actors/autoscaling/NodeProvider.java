package io.manta.actors.autoscaling;

import io.manta.core.NodeType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where nodes come from: processes on this machine, virtual machines, pods. Called by one thread
/// at a time; a call may block for some seconds, during which nothing else is decided.
public interface NodeProvider extends AutoCloseable {
  /// A node that was started and is not gone.
  ///
  /// @param id what this provider calls it
  /// @param type name of its type
  /// @param address `host:port` that it has in the cluster; empty while it is not known
  /// @param failure why it ended by itself or was never there, in words; such a one is listed until
  ///   it is stopped
  record Instance(String id, String type, Optional<String> address, Optional<String> failure) {}

  /// Makes a provider; found by [java.util.ServiceLoader] for `manta autoscale --provider NAME`.
  interface Factory {
    String name();

    /// @param addresses `manta://host:port` of nodes of the cluster that its nodes are to join
    /// @param settings of this provider's own, by key
    /// @throws IllegalArgumentException when a setting is wrong, with its key and what to do
    NodeProvider create(List<String> addresses, Map<String, String> settings);
  }

  /// Has a node started that joins the cluster, with the resources and labels of the type. Does not
  /// wait until it has.
  ///
  /// @return its id
  /// @throws RuntimeException when there is none to be had, saying why; it is tried again later
  String start(NodeType type);

  /// Has a node end: nothing is on it, or it never joined. Asks it to, and ends it by force when it
  /// takes too long. Does not wait for that. Has no effect on one that is gone or ends already.
  void stop(String id);

  /// All that it started, in processes before this one too, and that are not gone: those that start
  /// or end are among them.
  List<Instance> list();

  /// Nothing more is asked of it. Nodes may stay, or end with it.
  @Override
  default void close() {}
}
