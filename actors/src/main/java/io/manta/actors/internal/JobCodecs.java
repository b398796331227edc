package io.manta.actors.internal;

import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.objects.ClassSource;
import io.manta.objects.JobClasses;
import io.manta.objects.ValueCodec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The codecs of other processes' jobs, each with a class loader of its own. A class that this
/// process lacks, or has in another build, is fetched from the job's driver.
final class JobCodecs {
  private record Key(JobId job, List<?> jars) {}

  private static final Logger LOG = LoggerFactory.getLogger(JobCodecs.class);

  private final MantaRuntime runtime;
  private final ConcurrentHashMap<JobId, ValueCodec> codecs = new ConcurrentHashMap<>();
  private final Requests<Message.ClassFile> classFiles = new Requests<>();
  private final Requests<List<Jars.Jar>> jarLists = new Requests<>();
  private final ConcurrentHashMap<Key, ValueCodec> withJars = new ConcurrentHashMap<>();

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
            job, missing -> codec(job, runtime.codec(), () -> jobJars(job), true));
  }

  /// The codec for a task with that setting.
  ValueCodec codec(JobId job, Setting setting) {
    return codec(job, setting.jars(), () -> runtime.jars().files(setting.jars()));
  }

  /// The codec for a detached actor, which may have outlived the driver of its job. A node that
  /// started after that never knew the driver, and so waits for nothing from it: the actor's
  /// classes are on its class path.
  ValueCodec codecOfDetached(JobId job, Setting setting) {
    NodeId driver = job.driver();
    boolean known = runtime.cluster().isAlive(driver) || runtime.cluster().isGone(driver);
    return codec(known ? job : runtime.job(), setting);
  }

  /// The codec for those tasks of a job that have jars of their own.
  ///
  /// @param jars tells the jars apart
  /// @param files of the jars; called when one is needed first, may block
  ValueCodec codec(JobId job, List<?> jars, Supplier<List<Path>> files) {
    ValueCodec outer = codec(job);
    return jars.isEmpty()
        ? outer
        : withJars.computeIfAbsent(new Key(job, jars), missing -> codec(job, outer, files, false));
  }

  private ValueCodec codec(
      JobId job, ValueCodec outer, Supplier<List<Path>> files, boolean asksDriver) {
    return new ValueCodec(
        new Loader(job, outer.classes().loader(), files, asksDriver),
        RuntimeSerializers.of(runtime, job),
        runtime.config().serializationPackages());
  }

  private List<Path> jobJars(JobId job) {
    if (runtime.cluster().isGone(job.driver())) {
      return List.of(); // the job is over
    }
    try {
      return runtime
          .jars()
          .files(
              jarLists.ask(
                  number -> runtime.cluster().send(job.driver(), new Message.FetchJars(number))));
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(job + " did not say which jars it has", e);
    }
  }

  /// The files of all jars of such a task, on this machine. May block.
  List<Path> jarFiles(JobId job, Setting setting) {
    var files =
        new ArrayList<>(
            job.equals(runtime.job()) ? runtime.config().environment().jars() : jobJars(job));
    files.addAll(runtime.jars().files(setting.jars()));
    return files;
  }

  void listed(Message.JarList list) {
    jarLists.answered(list.request(), list.jars());
  }

  static URL[] urls(List<Path> files) {
    var urls = new ArrayList<URL>();
    try {
      for (Path file : files) {
        urls.add(file.toUri().toURL());
      }
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(e);
    }
    return urls.toArray(URL[]::new);
  }

  /// The file of a class of a job, or the names of its serializers, asked of its driver where that
  /// is another process; null where it has none.
  byte @Nullable [] classFile(JobId job, String name) {
    if (job.equals(runtime.job())) {
      return ownFile(name, runtime.codec());
    }
    try {
      return ask(job, name);
    } catch (ClassNotFoundException e) {
      return null;
    }
  }

  private static byte @Nullable [] ownFile(String name, ValueCodec codec) {
    ClassLoader loader = codec.classes().loader();
    return name.equals(ClassSource.SERIALIZERS)
        ? ClassSource.serializers(loader)
        : ClassSource.file(name, loader);
  }

  private byte @Nullable [] ask(JobId job, String name) throws ClassNotFoundException {
    if (runtime.cluster().isGone(job.driver())) {
      throw new ClassNotFoundException(
          "%s came with %s, which is over; put it on the class path of the nodes (MANTA_CLASS_PATH)"
              .formatted(name, job));
    }
    try {
      Message.ClassFile file =
          classFiles.ask(
              number ->
                  runtime.cluster().send(job.driver(), new Message.FetchClass(job, name, number)));
      return file.found() ? file.bytes() : null;
    } catch (ExecutionException | TimeoutException e) {
      throw new ClassNotFoundException(name + ": " + job + " did not answer", e);
    }
  }

  void forget(JobId job) {
    close(codecs.remove(job));
    withJars.forEach(
        (key, codec) -> {
          if (key.job.equals(job)) {
            withJars.remove(key);
            close(codec);
          }
        });
  }

  private static void close(@Nullable ValueCodec codec) {
    if (codec != null && codec.classes() instanceof Loader loader) {
      loader.closeJars();
    }
  }

  /// Another process wants a class of this one; it is read from its class path.
  void fetch(NodeId asker, Message.FetchClass request) {
    runtime.callbacks().execute(() -> answer(asker, request));
  }

  private void answer(NodeId asker, Message.FetchClass request) {
    byte[] file = null;
    try {
      file = ownFile(request.className(), codec(request.job()));
    } catch (RuntimeException e) {
      LOG.warn("{}, which {} asks for, can't be read", request.className(), asker, e);
    }
    runtime
        .cluster()
        .send(
            asker,
            new Message.ClassFile(
                request.request(), file != null, file == null ? new byte[0] : file));
  }

  void fetched(Message.ClassFile file) {
    classFiles.answered(file.request(), file);
  }

  /// A file that is in no file system.
  private static final class InMemory extends URLConnection {
    private final byte[] file;

    private InMemory(URL url, byte[] file) {
      super(url);
      this.file = file;
    }

    static URL url(byte[] file) throws IOException {
      return URL.of(
          URI.create("manta:serializers"),
          new URLStreamHandler() {
            @Override
            protected URLConnection openConnection(URL url) {
              return new InMemory(url, file);
            }
          });
    }

    @Override
    public void connect() {}

    @Override
    public InputStream getInputStream() {
      return new ByteArrayInputStream(file);
    }
  }

  /// Whether a class came with a job, and is gone with that: it is neither on this node's own class
  /// path nor in a jar that the nodes keep.
  static boolean isLent(Class<?> type) {
    return type.getClassLoader() instanceof Loader loader && loader.asksDriver;
  }

  private final class Loader extends ClassLoader implements JobClasses {
    static {
      registerAsParallelCapable(); // else its lock is held while a class is asked for
    }

    private final JobId job;
    private final Supplier<List<Path>> files;
    private final boolean asksDriver;

    /// Held while the jars are fetched.
    private final Object opening = new Object();

    /// Finds files in the jars; null until something was not found elsewhere.
    private volatile @Nullable URLClassLoader jars;

    /// Held while the driver is asked; not the loader, which others need meanwhile.
    private final Object asking = new Object();

    private @Nullable List<URL> driversSerializers;

    /// Outer classes that are taken from the driver although the parent has them too.
    private final Set<String> own = ConcurrentHashMap.newKeySet();

    Loader(JobId job, ClassLoader parent, Supplier<List<Path>> files, boolean asksDriver) {
      super("manta-" + job, parent);
      this.job = job;
      this.files = files;
      this.asksDriver = asksDriver;
    }

    private URLClassLoader jars() {
      URLClassLoader known = jars;
      if (known != null) {
        return known;
      }
      synchronized (opening) {
        known = jars;
        if (known == null) {
          known = new URLClassLoader(urls(files.get()), null);
          jars = known;
        }
        return known;
      }
    }

    void closeJars() {
      URLClassLoader known = jars;
      try {
        if (known != null) {
          known.close();
        }
      } catch (IOException e) {
        // they are read no more
      }
    }

    @Override
    protected @Nullable URL findResource(String name) {
      return jars().findResource(name);
    }

    @Override
    protected Enumeration<URL> findResources(String name) throws IOException {
      List<URL> found = Collections.list(jars().findResources(name));
      if (asksDriver && name.equals(ClassSource.SERIALIZERS)) {
        found.addAll(serializersOfDriver());
      }
      return Collections.enumeration(found);
    }

    /// Asked for once, by the thread that encodes or decodes for the job first.
    private List<URL> serializersOfDriver() throws IOException {
      synchronized (asking) {
        List<URL> known = driversSerializers;
        if (known == null) {
          known = runtime.cluster().isGone(job.driver()) ? List.of() : askForSerializers();
          driversSerializers = known;
        }
        return known;
      }
    }

    private List<URL> askForSerializers() throws IOException {
      try {
        byte[] names = ask(job, ClassSource.SERIALIZERS);
        return names == null || names.length == 0 ? List.of() : List.of(InMemory.url(names));
      } catch (ClassNotFoundException e) {
        throw new IOException(job + " did not say which serializers it has", e);
      }
    }

    private byte @Nullable [] inJars(String name) throws ClassNotFoundException {
      try {
        URL url = jars().findResource(name.replace('.', '/') + ".class");
        if (url == null) {
          return null;
        }
        URLConnection connection = url.openConnection();
        connection.setUseCaches(false);
        try (InputStream in = connection.getInputStream()) {
          return in.readAllBytes();
        }
      } catch (IOException | RuntimeException e) {
        throw new ClassNotFoundException(name + ", since the jars of " + job + " can't be read", e);
      }
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
      byte[] file = inJars(name);
      if (file == null && asksDriver) {
        file = ask(job, name);
      }
      if (file == null) {
        throw new ClassNotFoundException(
            "%s, which neither %s nor %s has; the classes of a task's own jars are in the context class loader of its thread"
                .formatted(name, runtime.id(), job));
      }
      defined.put(name, ClassSource.hash(file));
      return defineClass(name, file, 0, file.length);
    }
  }
}
