package io.manta.serve.internal;

import io.manta.actors.Manta;
import io.manta.actors.NodeService;

/// Gives every node its HTTP front. Found by ServiceLoader.
public final class HttpFront implements NodeService {
  @Override
  public AutoCloseable start(Manta node) {
    return NodeFront.start(node);
  }
}
