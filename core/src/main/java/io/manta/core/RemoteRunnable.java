package io.manta.core;

import java.io.Serializable;

/// The body of a task that gives no value. See [RemoteCallable].
@FunctionalInterface
public interface RemoteRunnable extends Serializable {
  void run() throws Exception;
}
