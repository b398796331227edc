package io.manta.serve;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/// A deployment that is being served, until this is closed or the runtime that it was run on ends.
public interface Application extends AutoCloseable {
  /// The name of its deployment.
  String name();

  /// Where HTTP requests go: the route on this process's own node where that serves HTTP, else on
  /// some living node.
  ///
  /// @throws io.manta.core.ClusterUnavailableException when no node serves HTTP any more
  URI url();

  /// Calls without HTTP. It ends with this application.
  ///
  /// @param deployment the one that is served here; it gives the types
  /// @throws IllegalArgumentException for another deployment
  <I extends @Nullable Object, O extends @Nullable Object> DeploymentHandle<I, O> handle(
      Deployment<I, O> deployment);

  /// Withdraws the route from every node, then closes the handlers that are [AutoCloseable] and
  /// stops the replicas: nodes answer 404 after, and requests in flight may see 503. Blocks until
  /// done, at most some fifteen seconds. Closing twice is harmless.
  @Override
  void close();
}
