package sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The folder of database templates (H2 files): EMPTY holds the schema only, every other one is a sealed world under its
 * digest. Live databases are copies in the folder "live" and never count as worlds. The folder's name carries HAPI's version,
 * because another version may have another schema.
 */
class Worlds {
	static final String EMPTY = "empty";
	private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
	private static final String SUFFIX = ".mv.db";
	private final Path mySealed;
	private final Path myLive;
	private int myCopies;

	Worlds(Path theFolder, String theVersion) throws IOException {
		mySealed = Files.createDirectories(theFolder.toAbsolutePath().resolve("hapi-" + theVersion));
		myLive = Files.createDirectories(mySealed.resolve("live"));
		deleteOrphans();
	}

	static boolean isDigest(String theText) {
		return DIGEST.matcher(theText).matches();
	}

	boolean has(String theName) {
		return Files.exists(sealed(theName));
	}

	List<String> digests() throws IOException {
		try (var files = Files.list(mySealed)) {
			return files.map(f -> f.getFileName().toString()).filter(n -> n.endsWith(SUFFIX))
					.map(n -> n.substring(0, n.length() - SUFFIX.length())).filter(Worlds::isDigest).sorted().toList();
		}
	}

	/** JDBC URL of a new copy of the template; of a new, empty file if there is no such template. */
	synchronized String copy(String theName) throws IOException {
		var file = myLive.resolve(ProcessHandle.current().pid() + "-" + (++myCopies) + SUFFIX);
		if (has(theName)) {
			Files.copy(sealed(theName), file, StandardCopyOption.REPLACE_EXISTING);
		} else {
			Files.deleteIfExists(file);
		}
		var path = file.toString();
		return "jdbc:h2:file:" + path.substring(0, path.length() - SUFFIX.length());
	}

	/** Compacts a live database that nobody uses any more and makes it the template of that name, in one step. */
	void seal(String theUrl, String theName) throws IOException, SQLException {
		try (var c = DriverManager.getConnection(theUrl, "sa", ""); var s = c.createStatement()) {
			s.execute("SHUTDOWN COMPACT");
		}
		var part = sealed(theName + ".part");
		Files.move(file(theUrl), part, StandardCopyOption.REPLACE_EXISTING);
		Files.move(part, sealed(theName), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
	}

	void forget(String theName) throws IOException {
		Files.deleteIfExists(sealed(theName));
	}

	static void drop(String theUrl) throws IOException {
		Files.deleteIfExists(file(theUrl));
	}

	private Path sealed(String theName) {
		return mySealed.resolve(theName + SUFFIX);
	}

	private static Path file(String theUrl) {
		return Path.of(theUrl.substring("jdbc:h2:file:".length()) + SUFFIX);
	}

	private void deleteOrphans() throws IOException {
		try (var files = Files.list(myLive)) {
			for (var file : files.toList()) {
				long pid = Long.parseLong(file.getFileName().toString().split("-")[0]);
				if (pid == ProcessHandle.current().pid() || ProcessHandle.of(pid).isEmpty()) {
					Files.deleteIfExists(file);
				}
			}
		}
	}
}
