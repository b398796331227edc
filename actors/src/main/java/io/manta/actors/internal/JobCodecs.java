package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.objects.ClassSource;
import io.manta.objects.JobClasses;
import io.manta.objects.ValueCodec;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The codecs of other processes' jobs, each with a class loader of its own. A class that this
/// process lacks, or has in another build, is fetched from the job's driver.
final class JobCodecs {
  private static final long FETCH_SECONDS = 20;

  private final MantaRuntime runtime;
  private final ConcurrentHashMap<JobId, ValueCodec> codecs = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, CompletableFuture<Message.ClassFile>> requests =
      new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();

  JobCodecs(MantaRuntime runtime) {
    this.runtime = runtime;
  }

  ValueCodec codec(JobId job) {
    if (job.equals(runtime.job())) {
      return runtime.codec();
    }
    ValueCodec known = codecs.get(job);
    return known != null
        ? known
        : codecs.computeIfAbsent(
            job,
            missing ->
                new ValueCodec(
                    new Loader(job, runtime.codec().classes().loader()),
                    RuntimeSerializers.of(runtime, job),
                    runtime.config().serializationPackages()));
  }

  void forget(JobId job) {
    codecs.remove(job);
  }

  /// Another process wants a class of this one.
  void fetch(NodeId asker, Message.FetchClass request) {
    byte[] file = ClassSource.file(request.className(), codec(request.job()).classes().loader());
    runtime
        .cluster()
        .send(
            asker,
            new Message.ClassFile(
                request.request(), file != null, file == null ? new byte[0] : file));
  }

  void fetched(Message.ClassFile file) {
    CompletableFuture<Message.ClassFile> request = requests.remove(file.request());
    if (request != null) {
      request.complete(file);
    }
  }

  private final class Loader extends ClassLoader implements JobClasses {
    private final JobId job;

    /// Outer classes that are taken from the driver although the parent has them too.
    private final Set<String> own = ConcurrentHashMap.newKeySet();

    Loader(JobId job, ClassLoader parent) {
      super("manta-" + job, parent);
      this.job = job;
    }

    @Override
    public Class<?> load(String name) throws ClassNotFoundException {
      return Class.forName(name, false, this);
    }

    @Override
    public Class<?> load(String name, long hash) throws ClassNotFoundException {
      Class<?> type = load(name);
      long found = hashOf(type);
      if (hash == ClassSource.UNKNOWN || found == ClassSource.UNKNOWN || hash == found) {
        return type;
      }
      own.add(outer(name));
      type = load(name);
      if (hashOf(type) != hash) {
        throw new ClassNotFoundException(
            name
                + " of the build with hash "
                + Long.toHexString(hash)
                + " can't be had from "
                + job);
      }
      return type;
    }

    private long hashOf(Class<?> type) {
      return type.getClassLoader() == this
          ? defined.getOrDefault(type.getName(), ClassSource.UNKNOWN)
          : ClassSource.hash(type);
    }

    private final ConcurrentHashMap<String, Long> defined = new ConcurrentHashMap<>();

    @Override
    public ClassLoader loader() {
      return this;
    }

    private static String outer(String name) {
      int dollar = name.indexOf('$');
      return dollar < 0 ? name : name.substring(0, dollar);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!own.isEmpty() && own.contains(outer(name))) {
        synchronized (getClassLoadingLock(name)) {
          Class<?> loaded = findLoadedClass(name);
          return loaded != null ? loaded : findClass(name);
        }
      }
      return super.loadClass(name, resolve);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      byte[] file = ask(name);
      if (file == null) {
        throw new ClassNotFoundException(
            name + ", which neither " + runtime.id() + " nor " + job + " has");
      }
      defined.put(name, ClassSource.hash(file));
      return defineClass(name, file, 0, file.length);
    }

    private byte @Nullable [] ask(String name) throws ClassNotFoundException {
      if (runtime.cluster().isGone(job.driver())) {
        throw new ClassNotFoundException(name + ": " + job + " is over");
      }
      long number = numbers.incrementAndGet();
      var answer = new CompletableFuture<Message.ClassFile>();
      requests.put(number, answer);
      try {
        runtime.cluster().send(job.driver(), new Message.FetchClass(job, name, number));
        Message.ClassFile file = await(answer);
        return file.found() ? file.bytes() : null;
      } catch (ExecutionException | TimeoutException e) {
        throw new ClassNotFoundException(name + ": " + job + " did not answer", e);
      } finally {
        requests.remove(number);
      }
    }

    /// Through interrupts: the JVM remembers for good that a class could not be linked, so a cancel
    /// must not make it fail.
    private static Message.ClassFile await(CompletableFuture<Message.ClassFile> answer)
        throws ExecutionException, TimeoutException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(FETCH_SECONDS);
      boolean interrupted = false;
      try {
        while (true) {
          try {
            return answer.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
