"""The recipes of `headroom certs install-help` for Go and Java, run to the letter.

Continuous integration does without these compilers (700 MB): there the tests are skipped. `apt-get install golang-go
default-jdk-headless` brings both.
"""

import asyncio
import os
import shlex
import shutil
import subprocess

import pytest

from headroom.agents import authority
from headroom.agents.trust import guide
from headroom.testing import ScriptedLLM
from tests.agents.test_intercept import BODY, HEADERS, URL, Intercepting

GO = """
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	request, _ := http.NewRequest("POST", os.Args[1], strings.NewReader(os.Args[2]))
	for _, pair := range os.Args[3:] {
		name, value, _ := strings.Cut(pair, ": ")
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	body, _ := io.ReadAll(answer.Body)
	fmt.Println(string(body))
}
"""
JAVA = """
import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;

public class Main {
    public static void main(String[] given) throws Exception {
        HttpURLConnection call = (HttpURLConnection) new URI(given[0]).toURL().openConnection();
        call.setRequestMethod("POST");
        call.setDoOutput(true);
        for (int i = 2; i < given.length; i++) {
            String[] pair = given[i].split(": ", 2);
            call.setRequestProperty(pair[0], pair[1]);
        }
        call.getOutputStream().write(given[1].getBytes(StandardCharsets.UTF_8));
        System.out.println(new String(call.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    }
}
"""
ARGUMENTS = [URL, BODY, *(f"{name}: {value}" for name, value in HEADERS.items())]


def need(*programs):
    for name in programs:
        if shutil.which(name) is None:
            pytest.skip(f"no {name} on this machine; it is an optional part of the tests")


async def shell(line, folder, env):
    """One line of a recipe, typed into a shell."""

    def call():
        return subprocess.run(
            ["sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=400, check=False
        )

    return await asyncio.to_thread(call)


def recipe(name, proxy):
    folder = proxy.workspace / "ca"
    return guide(name, folder / authority.CERTIFICATE, folder / authority.BUNDLE, proxy.port)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_go_trusts_the_authority_by_its_recipe(tmp_path):
    need("go")
    (tmp_path / "main.go").write_text(GO)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GO111MODULE": "off", "GOCACHE": str(tmp_path / "cache")}
    built = await shell("go build -o ask main.go", tmp_path, env)
    assert built.returncode == 0, built.stderr
    async with ScriptedLLM() as llm:
        llm.play(lambda request: "Hello.")
        with Intercepting(llm, tmp_path) as proxy:
            (line,) = recipe("go", proxy)
            env |= {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.port}"}
            words = shlex.join(["./ask", *ARGUMENTS])
            done = await shell(f"{line}\n{words}", tmp_path, env)
            # Last: a program that refuses the authority is left to itself from then on.
            without = await shell(words, tmp_path, env)
    assert "Hello." in done.stdout, done.stderr
    assert "certificate" in without.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_java_trusts_the_authority_by_its_recipe(tmp_path):
    need("java", "javac", "keytool")
    (tmp_path / "Main.java").write_text(JAVA)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    async with ScriptedLLM() as llm:
        llm.play(lambda request: "Hello.")
        with Intercepting(llm, tmp_path) as proxy:
            imports, runs = recipe("java", proxy)
            words = shlex.join(["Main.java", *ARGUMENTS])
            stored = await shell(imports, tmp_path, env)
            assert stored.returncode == 0, stored.stderr
            done = await shell(runs.replace("…", words), tmp_path, env)
            plain = runs.replace("…", words).replace("-Djavax.net.ssl.trustStore=headroom.p12", "")
            without = await shell(plain.replace("-Djavax.net.ssl.trustStorePassword=changeit", ""), tmp_path, env)
    assert "Hello." in done.stdout, done.stderr
    assert "certification path" in without.stderr
