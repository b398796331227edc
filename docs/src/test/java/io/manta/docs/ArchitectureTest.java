package io.manta.docs;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.Externalizable;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What may use what. The modules and their order are those of `docs/architecture.md`.
class ArchitectureTest {
  private static final String ROOT = "io.manta.";

  /// For each module those that it may use.
  private static final Map<String, Set<String>> MAY_USE =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("core", Set.of()),
              Map.entry("objects", Set.of("core")),
              Map.entry("scheduler", Set.of("core")),
              Map.entry("sharding", Set.of("core", "scheduler", "objects")),
              Map.entry("actors", Set.of("core", "scheduler", "objects", "sharding")),
              Map.entry("serve", Set.of("core", "actors")),
              Map.entry("cli", Set.of("core", "actors")),
              Map.entry("testkit", Set.of("core", "actors")),
              Map.entry("samples", Set.of("core", "actors", "serve", "cli")),
              Map.entry(
                  "benchmarks", Set.of("core", "objects", "scheduler", "actors", "serve", "cli")),
              Map.entry("chaos", Set.of("core", "actors", "cli", "testkit"))));

  /// What the compiler makes of benchmarks.
  private static final String GENERATED = "jmh_generated";

  /// Packages that users see.
  private static final String[] API = {
    "io.manta.core",
    "io.manta.actors",
    "io.manta.actors.autoscaling",
    "io.manta.serve",
    "io.manta.testkit",
    "io.manta.cli"
  };

  /// Modules whose own closures would reach other processes.
  private static final Set<String> TRAVELS =
      Set.of("core", "objects", "scheduler", "sharding", "actors", "serve");

  private static final String[] PEKKO = {"org.apache.pekko..", "scala.."};

  private static final JavaClasses MANTA =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.manta");

  private static String moduleOf(JavaClass type) {
    String rest = type.getPackageName().substring(ROOT.length());
    int dot = rest.indexOf('.');
    return dot < 0 ? rest : rest.substring(0, dot);
  }

  @Test
  void shouldKnowAllModules() {
    Set<String> modules =
        MANTA.stream()
            .map(ArchitectureTest::moduleOf)
            .collect(Collectors.toCollection(TreeSet::new));

    assertThat(modules).isEqualTo(new TreeSet<>(MAY_USE.keySet()));
  }

  @TestFactory
  Stream<DynamicTest> shouldUseOnlyPublicPackagesOfModulesBelow() {
    return MAY_USE.entrySet().stream()
        .map(
            entry ->
                dynamicTest(
                    "should use only " + entry.getValue() + " in " + entry.getKey(),
                    () -> checkModule(entry.getKey(), entry.getValue())));
  }

  private static void checkModule(String module, Set<String> mayUse) {
    noClasses()
        .that()
        .resideInAPackage(ROOT + module + "..")
        .should()
        .dependOnClassesThat(
            describe(
                "belong to another module than " + mayUse + " or are internal to one",
                type ->
                    type.getPackageName().startsWith(ROOT)
                        && !moduleOf(type).equals(module)
                        && (!mayUse.contains(moduleOf(type))
                            || type.getPackageName().endsWith(".internal"))))
        .check(MANTA);
  }

  @Test
  void shouldUseNothingButTheJdkInCore() {
    classes()
        .that()
        .resideInAPackage("io.manta.core..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", "org.jspecify..", "io.manta.core..")
        .check(MANTA);
  }

  @Test
  void shouldKeepPekkoOutOfModulesBelowSharding() {
    noClasses()
        .that()
        .resideInAnyPackage("io.manta.core..", "io.manta.objects..", "io.manta.scheduler..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PEKKO)
        .check(MANTA);
  }

  @Test
  void shouldKeepPekkoOutOfWhatUsersSee() {
    noClasses()
        .that()
        .resideInAnyPackage(API)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PEKKO)
        .check(MANTA);
  }

  @Test
  void shouldUsePekkoOnlyInShardingAndInternals() {
    noClasses()
        .that()
        .resideOutsideOfPackages("io.manta.sharding..", "..internal..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(PEKKO)
        .check(MANTA);
  }

  @Test
  void shouldNotUseJavaSerialization() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .belongToAnyOf(ObjectInputStream.class, ObjectOutputStream.class, Externalizable.class)
        .check(MANTA);
  }

  /// Nodes of several builds may be in one cluster, and a lambda runs only in its own.
  @Test
  void shouldSendNoLambdaOfItsOwn() {
    assertThat(withTravellingLambdas(TRAVELS))
        .as("classes with lambdas that travel; use records, as Closures does")
        .isEmpty();
    assertThat(withTravellingLambdas(Set.of("samples"))).isNotEmpty();
  }

  private static List<String> withTravellingLambdas(Set<String> modules) {
    return MANTA.stream()
        .filter(type -> modules.contains(moduleOf(type)))
        .filter(ArchitectureTest::hasTravellingLambda)
        .map(JavaClass::getName)
        .toList();
  }

  private static boolean hasTravellingLambda(JavaClass type) {
    try (InputStream file = type.getSource().orElseThrow().getUri().toURL().openStream()) {
      return ClassFile.of().parse(file.readAllBytes()).methods().stream()
          .flatMap(method -> method.code().stream())
          .flatMap(CodeModel::elementStream)
          .anyMatch(
              element ->
                  element instanceof InvokeDynamicInstruction lambda
                      && travels(lambda.typeSymbol().returnType()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean travels(ClassDesc type) {
    return type.packageName().equals("io.manta.core") && type.displayName().startsWith("Remote");
  }

  @Test
  void shouldNotPrintStacksToStandardError() {
    // By way of any subtype: a call on an exception names the exception's class as its owner.
    noClasses()
        .should()
        .accessTargetWhere(
            describe(
                "the target is Throwable.printStackTrace()",
                (JavaAccess<?> access) ->
                    access.getName().equals("printStackTrace")
                        && access.getTargetOwner().isAssignableTo(Throwable.class)
                        && access.getTarget().getFullName().endsWith("()")))
        .check(MANTA);
  }

  @Test
  void shouldMarkEveryPackageAsNullMarked() {
    List<String> unmarked =
        MANTA.stream()
            .map(JavaClass::getPackage)
            .distinct()
            .filter(p -> !p.getName().endsWith(GENERATED))
            .filter(p -> !p.isAnnotatedWith("org.jspecify.annotations.NullMarked"))
            .map(p -> p.getName())
            .sorted()
            .toList();

    assertThat(unmarked).isEmpty();
  }

  @Test
  void shouldSeeWhatItLooksFor() {
    assertThat(MANTA.contain("io.manta.serve.internal.HttpServer")).isTrue();
    assertThat(
            Arrays.stream(API)
                .allMatch(
                    name -> MANTA.stream().anyMatch(type -> type.getPackageName().equals(name))))
        .isTrue();
  }
}
