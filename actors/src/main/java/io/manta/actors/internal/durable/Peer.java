package io.manta.actors.internal.durable;

import io.manta.core.NodeId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A living node, and the store on it as this one sees it.
final class Peer {
  /// Asked for, and not all there yet.
  static final class Pulling {
    final long number;
    final Deque<String> wanted = new ArrayDeque<>();
    int fetching;
    @Nullable Set<Life> dead;

    Pulling(long number) {
      this.number = number;
    }
  }

  final NodeId node;

  /// Null until it has said what it is.
  StoreMessage.@Nullable Status status;

  @Nullable Pulling pulling;

  /// Without which stores it was when this one last took all that it held; null when it never did.
  @Nullable Set<Life> pulled;

  /// Asks to be admitted.
  @Nullable Life wantsIn;

  boolean askedToAdmit;
  boolean admittedUs;

  Peer(NodeId node) {
    this.node = node;
  }

  boolean isFull() {
    return status != null && status.full();
  }
}
