package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.RemoteRunnable;
import io.manta.objects.ValueCodec;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// The start-up hooks that ran in this process: each once for a job, before the first task that has
/// it. A task that comes while it runs waits; when it failed, the next task tries again.
final class StartUps {
  private record Key(JobId job, ByteBuffer hook) {}

  private static final class Hook {
    private boolean ran;
  }

  private final ConcurrentHashMap<Key, Hook> hooks = new ConcurrentHashMap<>();

  /// @param encoded none where nothing is to run
  /// @throws Exception what the hook threw
  void run(JobId job, Optional<byte[]> encoded, ValueCodec codec) throws Exception {
    if (encoded.isEmpty()) {
      return;
    }
    byte[] code = encoded.get();
    Hook hook = hooks.computeIfAbsent(new Key(job, ByteBuffer.wrap(code)), key -> new Hook());
    synchronized (hook) {
      if (!hook.ran && codec.decode(code) instanceof RemoteRunnable body) {
        body.run();
        hook.ran = true;
      }
    }
  }

  void forget(JobId job) {
    hooks.keySet().removeIf(key -> key.job.equals(job));
  }
}
