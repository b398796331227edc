package io.manta.actors;

/// A service that runs on every node, such as the HTTP front of model serving. Found by
/// [java.util.ServiceLoader] when a node starts.
public interface NodeService {
  /// Starts it on a node (never on a driver). Should return quickly.
  ///
  /// @return what ends it; closed before the node leaves
  AutoCloseable start(Manta node) throws Exception;
}
