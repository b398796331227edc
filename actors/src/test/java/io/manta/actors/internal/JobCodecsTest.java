package io.manta.actors.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.actors.JarMaker;
import io.manta.actors.MantaConfig;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.RemoteCallable;
import io.manta.objects.Captures;
import io.manta.objects.ValueCodec;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The class loaders of jobs.
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class JobCodecsTest {
  private static final int JOBS = Boolean.getBoolean("manta.long") ? 1000 : 100;

  @Test
  void shouldLeaveNoClassesBehindWhenJobsAreOver(@TempDir Path folder) throws Exception {
    Path jar = JarMaker.greeter(folder);
    try (var runtime =
        new MantaRuntime(MantaConfig.defaults(), NodeId.random(), false, EmbeddedHost::new)) {
      var codecs = new JobCodecs(runtime);
      for (int i = 0; i < 10; i++) {
        runJob(codecs, jar);
      }
      long before = metaspace();
      var loaders = new ArrayList<WeakReference<ClassLoader>>();
      for (int i = 0; i < JOBS; i++) {
        loaders.add(new WeakReference<>(runJob(codecs, jar)));
      }

      await()
          .untilAsserted(
              () -> {
                System.gc();
                assertThat(loaders).allMatch(loader -> loader.get() == null);
              });
      assertThat(metaspace() - before).isLessThan(4L << 20);
    }
  }

  @Test
  void shouldLoadClassesWhileAnotherWaitsForTheJarsOfItsJob(@TempDir Path folder) throws Exception {
    Path jar = JarMaker.greeter(folder);
    var asked = new CountDownLatch(1);
    var fetched = new CountDownLatch(1);
    try (var runtime =
        new MantaRuntime(MantaConfig.defaults(), NodeId.random(), false, EmbeddedHost::new)) {
      ValueCodec codec =
          new JobCodecs(runtime)
              .codec(
                  new JobId(NodeId.random()),
                  List.of(jar),
                  () -> {
                    asked.countDown();
                    await().until(() -> fetched.getCount() == 0);
                    return List.of(jar);
                  });
      ClassLoader loader = codec.classes().loader();
      var greeter =
          CompletableFuture.supplyAsync(
              () -> loaded(loader, "extra.Greeter"), task -> Thread.ofPlatform().start(task));
      asked.await();

      assertThat(loaded(loader, JobCodecsTest.class.getName())).isEqualTo(JobCodecsTest.class);
      assertThat(greeter).isNotDone();
      fetched.countDown();
      assertThat(greeter.get().getClassLoader()).isEqualTo(loader);
    }
  }

  private static Class<?> loaded(ClassLoader loader, String name) {
    try {
      return loader.loadClass(name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What a node does with a task of a job: decodes its closure, runs it, takes its result in.
  private static ClassLoader runJob(JobCodecs codecs, Path jar) throws Exception {
    var job = new JobId(NodeId.random());
    // Without asking a driver, which does not exist.
    ValueCodec codec = codecs.codec(job, List.of(jar), () -> List.of(jar));
    Class<?> greeter = codec.classes().loader().loadClass("extra.Greeter");
    Object task = greeter.getMethod("task", String.class).invoke(null, "you");
    byte[] bytes = codec.encode(task);
    var copy = (RemoteCallable<?>) codec.decode(bytes);
    Object result = copy.call();
    assertThat(result).isEqualTo("hello you");
    assertThat(Captures.of(copy)).containsExactly("you");
    Capture.of(copy, body -> Payload.encode(body, codec), false, true);
    Class<?> word = codec.classes().load("extra.Greeter$Word");
    var constructor = word.getDeclaredConstructor(String.class);
    constructor.setAccessible(true);
    Payload.encode(constructor.newInstance("word"), codec);
    assertThat(codec.decode(codec.encode(new ArrayList<>(List.of(constructor.newInstance("x"))))))
        .hasToString("[Word[text=x]]");
    codecs.forget(job);
    return codec.classes().loader();
  }

  private static long metaspace() {
    System.gc();
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getName().equals("Metaspace"))
        .map(MemoryPoolMXBean::getUsage)
        .mapToLong(usage -> usage.getUsed())
        .sum();
  }
}
