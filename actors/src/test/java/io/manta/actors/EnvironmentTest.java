package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.ConfigurationException;
import io.manta.core.RuntimeEnvironment;
import io.manta.core.TaskFailedException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What tasks find where they run.
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class EnvironmentTest {
  private static final AtomicInteger STARTED = new AtomicInteger();

  @Test
  void shouldSeeJarsOfItsJobAndOfItself(@TempDir Path folder) throws Exception {
    Path jar = JarMaker.greeter(folder);
    var environment = RuntimeEnvironment.empty().withJar(jar);
    try (var manta = Manta.start(MantaConfig.defaults().withCpus(2))) {
      assertThatThrownBy(manta.submit(() -> JarMaker.greet("you"))::get)
          .hasRootCauseInstanceOf(ClassNotFoundException.class);
      assertThat(
              manta
                  .task(
                      () ->
                          JarMaker.greet("you")
                              + " "
                              + Manta.current().submit(() -> JarMaker.greet("child")).get())
                  .environment(environment)
                  .submit()
                  .get())
          .isEqualTo("hello you from the jar hello child from the jar");
      assertThat(
              manta
                  .task(() -> JarMaker.greet("isolated"))
                  .environment(environment)
                  .isolated()
                  .submit()
                  .get())
          .isEqualTo("hello isolated from the jar");
      assertThatThrownBy(
              manta
                      .task(() -> 1)
                      .environment(RuntimeEnvironment.empty().withJar(folder.resolve("none.jar")))
                  ::submit)
          .isInstanceOf(ConfigurationException.class)
          .hasMessageContaining("none.jar");
    }
    try (var manta = Manta.start(MantaConfig.defaults().withEnvironment(environment))) {
      assertThat(manta.submit(() -> JarMaker.greet("job")).get())
          .isEqualTo("hello job from the jar");
      assertThat(manta.task(() -> JarMaker.greet("job")).isolated().submit().get())
          .isEqualTo("hello job from the jar");
    }
  }

  @Test
  void shouldHaveVariablesAndFolderOfItsJobAndOfItself(@TempDir Path folder) {
    var job =
        RuntimeEnvironment.empty()
            .withVariable("OF_JOB", "1")
            .withVariable("OF_BOTH", "1")
            .withWorkingFolder(folder);
    try (var manta = Manta.start(MantaConfig.defaults().withEnvironment(job))) {
      assertThat(
              manta
                  .task(
                      () ->
                          List.of(
                              System.getenv("OF_JOB"),
                              System.getenv("OF_BOTH"),
                              Path.of("").toAbsolutePath().toString(),
                              Manta.context().workingFolder().orElseThrow().toString()))
                  .environment(RuntimeEnvironment.empty().withVariable("OF_BOTH", "2"))
                  .isolated()
                  .submit()
                  .get())
          .containsExactly("1", "2", folder.toString(), folder.toString());
      assertThat(manta.submit(() -> Manta.context().workingFolder()).get()).contains(folder);

      assertThatThrownBy(
              manta.task(() -> 1).environment(RuntimeEnvironment.empty().withVariable("WRONG", "2"))
                  ::submit)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("[WRONG]")
          .hasMessageContaining(".isolated()");
    }
  }

  @Test
  void shouldRunAStartUpOnceBeforeTheFirstTask() {
    STARTED.set(0);
    var job = RuntimeEnvironment.empty().withStartUp(() -> STARTED.incrementAndGet());
    try (var manta = Manta.start(MantaConfig.defaults().withCpus(2).withEnvironment(job))) {
      var seen = new java.util.ArrayList<io.manta.core.ObjectRef<Integer>>();
      for (int i = 0; i < 20; i++) {
        seen.add(manta.submit(() -> STARTED.get()));
      }
      assertThat(manta.get(seen)).containsOnly(1);
      assertThat(manta.task(() -> STARTED.get()).isolated().submit().get()).isEqualTo(1);
      assertThat(manta.task(() -> STARTED.get()).isolated().submit().get()).isEqualTo(1);

      var broken =
          RuntimeEnvironment.empty()
              .withStartUp(
                  () -> {
                    throw new IllegalStateException("no licence");
                  });
      assertThatThrownBy(manta.task(() -> 1).environment(broken).submit()::get)
          .isInstanceOf(TaskFailedException.class)
          .hasRootCauseMessage("no licence");
    }
  }
}
