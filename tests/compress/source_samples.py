"""Small sources and settings of many languages, each some hundred lines, made of a few templates."""

from __future__ import annotations

_NAMES = [
    "order",
    "invoice",
    "account",
    "ledger",
    "shipment",
    "parcel",
    "basket",
    "coupon",
    "session",
    "ticket",
    "report",
    "folder",
    "device",
    "sensor",
    "channel",
    "route",
    "tenant",
    "member",
    "policy",
    "budget",
    "vendor",
    "branch",
    "region",
    "market",
]

_CODE: dict[str, tuple[str, str]] = {
    "Go": (
        'package store\n\nimport (\n\t"context"\n\t"errors"\n\t"fmt"\n\t"time"\n\n\t"example.com/shop/internal/db"\n)\n\nvar ErrNotFound = errors.New("not found")\n',
        """
// Cap keeps a {n} and the time it was read.
type Cap struct {
	ID        string        `json:"id"`
	Name      string        `json:"name,omitempty"`
	CreatedAt time.Time     `json:"created_at"`
	Limit     int           `json:"limit"`
	Timeout   time.Duration `json:"timeout"`
}

// LoadCap reads one {n}.
func LoadCap(ctx context.Context, q *db.Queries, id string) (*Cap, error) {
	row, err := q.GetCap(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load {n} %s: %w", id, err)
	}
	if row.Deleted {
		return nil, ErrNotFound
	}
	return &Cap{
		ID:        row.ID,
		Name:      row.Name,
		CreatedAt: row.CreatedAt,
		Limit:     row.Limit,
		Timeout:   30 * time.Second,
	}, nil
}
""",
    ),
    "Go constants": (
        "package codes\n",
        """
const (
	CapUnknown = iota
	CapCreated
	CapUpdated
	CapRemoved
)

var capNames = map[int]string{
	CapUnknown: "unknown",
	CapCreated: "created",
	CapUpdated: "updated",
	CapRemoved: "removed",
}
""",
    ),
    "Go tests": (
        'package store\n\nimport "testing"\n',
        """
func TestCap(t *testing.T) {
	cases := []struct {
		name string
		in   string
		want int
	}{
		{name: "empty", in: "", want: 0},
		{name: "one {n}", in: "a", want: 1},
		{name: "two", in: "a,b", want: 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := CountCap(c.in); got != c.want {
				t.Errorf("CountCap(%q) = %d, want %d", c.in, got, c.want)
			}
		})
	}
}
""",
    ),
    "Rust": (
        "use std::collections::HashMap;\nuse serde::{Deserialize, Serialize};\n",
        """
/// A {n} as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cap {
    pub id: u64,
    pub name: String,
    #[serde(default)]
    pub tags: Vec<String>,
    pub limits: HashMap<String, u32>,
}

impl Cap {
    pub fn new(id: u64, name: impl Into<String>) -> Self {
        Self { id, name: name.into(), tags: Vec::new(), limits: HashMap::new() }
    }

    pub fn limit(&self, key: &str) -> Result<u32, Error> {
        match self.limits.get(key) {
            Some(value) => Ok(*value),
            None => Err(Error::Missing { key: key.to_owned() }),
        }
    }
}
""",
    ),
    "Java": (
        "package com.example.shop;\n\nimport java.util.List;\nimport java.util.Optional;\n",
        """
/**
 * Keeps each {n}.
 */
@Service
public class CapService {
    private final CapRepository repository;
    private int retries = 3;

    public CapService(CapRepository repository) {
        this.repository = repository;
    }

    @Transactional
    public Optional<Cap> find(String id) throws IOException {
        if (id == null || id.isEmpty()) {
            throw new IllegalArgumentException("id");
        }
        return repository.findById(id);
    }
}
""",
    ),
    "Kotlin": (
        "package com.example.shop\n\nimport kotlinx.coroutines.flow.Flow\n",
        """
data class Cap(
    val id: Long,
    val name: String,
    val tags: List<String> = emptyList(),
    var limit: Int? = null,
)

class CapStore(private val db: Database) {
    suspend fun find(id: Long): Cap? = db.query("select * from {n} where id = ?", id)

    fun watch(): Flow<Cap> = flow {
        db.changes("{n}").collect { row ->
            emit(row.toCap())
        }
    }
}
""",
    ),
    "Swift": (
        "import Foundation\nimport Combine\n",
        """
struct Cap: Codable, Identifiable {
    let id: UUID
    var name: String
    var tags: [String] = []
    var limit: Int?
}

final class CapStore: ObservableObject {
    @Published private(set) var items: [Cap] = []

    func load(from url: URL) async throws {
        guard let (data, _) = try? await URLSession.shared.data(from: url) else {
            throw CapError.offline
        }
        items = try JSONDecoder().decode([Cap].self, from: data)
    }
}
""",
    ),
    "C#": (
        "using System;\nusing System.Collections.Generic;\n\nnamespace Shop.Core;\n",
        """
/// <summary>One {n}.</summary>
public sealed record Cap(Guid Id, string Name)
{
    public int Limit { get; init; } = 10;
    public IReadOnlyList<string> Tags { get; init; } = Array.Empty<string>();

    public async Task<Cap?> LoadAsync(CancellationToken token)
    {
        var found = await _store.FindAsync(Id, token);
        if (found is null)
        {
            return null;
        }
        return found with { Name = Name.Trim() };
    }
}
""",
    ),
    "PHP": (
        "<?php\n\ndeclare(strict_types=1);\n\nnamespace App\\Service;\n\nuse App\\Repository;\n",
        """
final class CapService
{
    private int $limit = 10;

    public function __construct(private readonly Repository $repository)
    {
    }

    public function find(string $id): ?array
    {
        $row = $this->repository->find('{n}', $id);
        if ($row === null) {
            return null;
        }
        return ['id' => $row['id'], 'name' => trim($row['name'])];
    }
}
""",
    ),
    "Ruby": (
        "# frozen_string_literal: true\n\nrequire 'json'\n",
        """
module Shop
  class Cap < ApplicationRecord
    belongs_to :tenant
    has_many :items, dependent: :destroy
    validates :name, presence: true
    scope :recent, -> { where('created_at > ?', 1.day.ago) }

    attr_reader :limit

    def initialize(name, limit: 10)
      @name = name
      @limit = limit
    end

    def to_h
      { id: id, name: @name, limit: @limit }
    end

    def remove!(reason = nil)
      return false if locked?

      update!(state: 'removed', reason: reason)
    end
  end
end
""",
    ),
    "Ruby routes": (
        "Rails.application.routes.draw do\n",
        """
  resources :{n}s, only: [:index, :show] do
    member do
      post :archive
      get :history
    end
    collection do
      get :search
    end
  end
""",
    ),
    "Lua": (
        'local json = require("json")\nlocal M = {}\n',
        """
-- reads one {n}
function M.load_{n}(id, options)
  local limit = options.limit or 10
  local row = M.db:get("{n}", id)
  if row == nil then
    return nil, "no {n}"
  end
  for key, value in pairs(row) do
    M.cache[key] = value
  end
  return { id = row.id, name = row.name, limit = limit }
end
""",
    ),
    "SQL script": (
        "-- Tables of the shop\nBEGIN;\n",
        """
CREATE TABLE IF NOT EXISTS {n}s (
    id          bigint PRIMARY KEY,
    name        text NOT NULL,
    state       text NOT NULL DEFAULT 'open',
    created_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX {n}s_state ON {n}s (state, created_at);

SELECT s.state, count(*) AS found
FROM {n}s AS s
LEFT JOIN members AS m ON m.id = s.id
WHERE s.created_at > now() - interval '1 day'
GROUP BY s.state
ORDER BY found DESC;
""",
    ),
    "Dockerfile": (
        "# syntax=docker/dockerfile:1\n",
        """
FROM python:3.13-slim AS {n}
WORKDIR /srv/{n}
ENV PYTHONUNBUFFERED=1 \\
    PORT=8080
COPY requirements.txt ./
RUN apt-get update \\
    && apt-get install -y --no-install-recommends curl ca-certificates \\
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
EXPOSE 8080
HEALTHCHECK --interval=30s CMD curl -f http://localhost:8080/health || exit 1
CMD ["python", "-m", "{n}"]
""",
    ),
    "Makefile": (
        "CC := gcc\nCFLAGS ?= -O2 -Wall\nBUILD = build\n\n.PHONY: all clean\n\nall: $(BUILD)/shop\n",
        """
{n}_SRCS := $(wildcard src/{n}/*.c)
{n}_OBJS := $({n}_SRCS:src/%.c=$(BUILD)/%.o)

$(BUILD)/{n}: $({n}_OBJS) | $(BUILD)
	$(CC) $(LDFLAGS) -o $@ $^

test-{n}: $(BUILD)/{n}
	@echo "testing {n}"
	./scripts/run-tests.sh $< --verbose
	@rm -f $(BUILD)/{n}.tmp

ifeq ($(DEBUG),1)
CFLAGS += -g
endif
""",
    ),
    "shell script": (
        '#!/usr/bin/env bash\nset -euo pipefail\n\nROOT=$(cd "$(dirname "$0")" && pwd)\n',
        """
deploy_{n}() {
  local target="$1"
  if [[ -z "${target}" ]]; then
    echo "usage: deploy_{n} TARGET" >&2
    return 1
  fi
  for host in "${HOSTS[@]}"; do
    rsync -az --delete "$ROOT/{n}/" "$host:/srv/{n}/"
    ssh "$host" "systemctl restart {n}"
  done
}
""",
    ),
    "shell settings and commands": (
        "set -e\nexport LANG=C\n",
        """
{n}_HOME=/opt/{n}
export {n}_HOME
if [ ! -d "$HOME/{n}" ]; then
  mkdir -p "$HOME/{n}"
fi
tar -xzf /tmp/{n}.tar.gz -C "$HOME/{n}"
grep -q {n} /etc/hosts || echo "127.0.0.1 {n}" >> /etc/hosts
""",
    ),
    "CSS": (
        ":root {\n  --gap: 8px;\n  --accent: #0055aa;\n}\n",
        """
/* {n} list */
.{n}-list > li {
  display: flex;
  align-items: center;
  padding: var(--gap) calc(2 * var(--gap));
  border-bottom: 1px solid #ddd;
}

.{n}-list a:hover,
.{n}-list a:focus {
  color: var(--accent);
  text-decoration: underline;
}

@media (max-width: 600px) {
  .{n}-list { display: block; }
}
""",
    ),
    "SCSS": (
        '@use "sass:math";\n$gap: 8px;\n',
        """
.{n} {
  $width: 20rem;
  padding: $gap;

  &__title {
    font-weight: 600;
    @include truncate;
  }

  &:hover {
    background: lighten($accent, 40%);
  }
}
""",
    ),
    "protobuf": (
        'syntax = "proto3";\n\npackage shop.v1;\n\nimport "google/protobuf/timestamp.proto";\n',
        """
// One {n}.
message Cap {
  string id = 1;
  string name = 2;
  repeated string tags = 3;
  google.protobuf.Timestamp created_at = 4;
  enum State {
    STATE_UNSPECIFIED = 0;
    STATE_OPEN = 1;
  }
  State state = 5;
}

service CapService {
  rpc GetCap(GetCapRequest) returns (Cap);
  rpc ListCap(ListCapRequest) returns (stream Cap);
}
""",
    ),
    "GraphQL": (
        "scalar DateTime\n",
        '''
"""
One {n}.
"""
type Cap implements Node {
  id: ID!
  name: String!
  tags: [String!]!
  createdAt: DateTime
  owner(first: Int = 10): Member
}

input CapInput {
  name: String!
  limit: Int = 10
}

extend type Query {
  {n}(id: ID!): Cap
  {n}s(state: State): [Cap!]!
}
''',
    ),
    "TypeScript": (
        "import { z } from 'zod';\nimport type { Store } from './store';\n",
        """
export interface Cap {
  id: string;
  name: string;
  tags?: string[];
  limit: number | null;
}

export const capSchema = z.object({
  id: z.string(),
  name: z.string().min(1),
  limit: z.number().nullable(),
});

export async function loadCap(store: Store, id: string): Promise<Cap | undefined> {
  const row = await store.get('{n}', id);
  return row ? capSchema.parse(row) : undefined;
}
""",
    ),
    "TypeScript types": (
        "",
        """
export interface Cap {
  readonly id: string;
  name: string;
  tags?: string[];
  createdAt: Date;
  owner: Member | null;
  limits: Record<string, number>;
}
export type CapState = 'open' | 'closed';
""",
    ),
    "JavaScript without semicolons": (
        "const express = require('express')\nconst db = require('./db')\n",
        """
const {n}Router = express.Router()

{n}Router.get('/:id', async (req, res) => {
  const row = await db.find('{n}', req.params.id)
  if (!row) {
    return res.status(404).json({ error: 'no {n}' })
  }
  res.json({
    id: row.id,
    name: row.name,
    limit: row.limit || 10
  })
})
""",
    ),
    "Python": (
        "from __future__ import annotations\n\nimport dataclasses\n",
        """

@dataclasses.dataclass
class Cap:
    id: int
    name: str = ""
    limit: int = 10
    tags: list[str] = dataclasses.field(default_factory=list)

    def shown(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "limit": self.limit,
        }
""",
    ),
    "Python settings": (
        "import os\n\nBASE = os.path.dirname(__file__)\n",
        """
CAP_URL = os.environ.get("CAP_URL", "http://localhost")
CAP_OPTIONS = {
    "timeout": 10,
    "retries": 3,
    "name": "{n}",
}
if DEBUG:
    CAP_OPTIONS["timeout"] = 60
""",
    ),
    "C": (
        '#include <stdio.h>\n#include <stdlib.h>\n#include "shop.h"\n',
        """
/* Frees a {n}. */
static int {n}_free(struct {n} *it, unsigned flags)
{
    if (it == NULL)
        return -1;
    for (size_t i = 0; i < it->count; i++) {
        free(it->items[i]);
        it->items[i] = NULL;
    }
    it->count = 0;
    return (flags & FLAG_KEEP) ? 0 : 1;
}
""",
    ),
    "C header": (
        "#ifndef SHOP_H\n#define SHOP_H\n",
        """
#define CAP_MAX 16
#define CAP_NAME "{n}"

struct {n} {
    unsigned id;
    char name[CAP_MAX];
    struct {n} *next;
};

int {n}_open(struct {n} *it, const char *name);
void {n}_close(struct {n} *it);
""",
    ),
    "Elixir": (
        "defmodule Shop.Store do\n  use GenServer\n",
        """
  @doc "Loads a {n}."
  def load_{n}(id, opts \\\\ []) do
    limit = Keyword.get(opts, :limit, 10)

    case Repo.get(Cap, id) do
      nil -> {:error, :not_found}
      row -> {:ok, %{id: row.id, name: row.name, limit: limit}}
    end
  end
""",
    ),
    "Scala": (
        "package shop\n\nimport scala.concurrent.Future\n",
        """
case class Cap(id: Long, name: String, limit: Int = 10)

object CapStore {
  def find(id: Long): Future[Option[Cap]] = {
    val query = sql"select * from {n} where id = $id"
    db.run(query.as[Cap].headOption)
  }
}
""",
    ),
    "Dart": (
        "import 'package:flutter/material.dart';\n",
        """
class CapPage extends StatelessWidget {
  const CapPage({super.key, required this.title});

  final String title;

  @override
  Widget build(BuildContext context) {
    return Column(
      children: [
        Text(title),
        const SizedBox(height: 8),
      ],
    );
  }
}
""",
    ),
    "PowerShell": (
        "param(\n    [string]$Target = 'prod'\n)\n",
        """
function Get-Cap {
    param([Parameter(Mandatory)][string]$Id)
    $row = Invoke-RestMethod -Uri "$Base/{n}/$Id"
    if (-not $row) {
        throw "no {n}"
    }
    [pscustomobject]@{
        Id   = $row.id
        Name = $row.name
    }
}
""",
    ),
}

_CONFIG: dict[str, tuple[str, str]] = {
    "YAML": (
        "version: 3\n",
        """
{n}:
  image: registry.local/{n}:1.2
  replicas: 2
  env:
    - name: LOG_LEVEL
      value: info
    - name: LIMIT
      value: "10"
  ports: [8080, 9090]
""",
    ),
    "Kubernetes": (
        "",
        """---
apiVersion: v1
kind: Service
metadata:
  name: {n}
  labels:
    app: {n}
spec:
  selector:
    app: {n}
  ports:
    - port: 80
      targetPort: 8080
""",
    ),
    "CI workflow": (
        "name: ci\non:\n  push:\n    branches: [main]\njobs:\n",
        """
  {n}:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Install
        run: |
          python -m pip install -e .
          pip list
      - name: Test {n}
        run: pytest tests/{n}
        env:
          MODE: fast
""",
    ),
    "TOML": (
        'title = "shop"\n',
        """
[{n}]
host = "{n}.example.com"
port = 8080
tags = ["a", "b"]
limits = { low = 1, high = 10 }

[{n}.retry]
count = 3
delay = 0.5
""",
    ),
    "INI": ("; settings\n", "\n[{n}]\nhost = {n}.example.com\nport = 8080\nenabled = yes\n# how long\ntimeout = 30\n"),
    "nginx": (
        "user www-data;\nworker_processes auto;\n\nevents {\n    worker_connections 768;\n}\n",
        """
server {
    listen 80;
    server_name {n}.example.com;
    root /srv/{n};

    location / {
        proxy_pass http://127.0.0.1:8080;
        proxy_set_header Host $host;
        proxy_read_timeout 60s;
    }
}
""",
    ),
    "systemd units": (
        "",
        """
[Unit]
Description=The {n} service
After=network.target

[Service]
ExecStart=/usr/bin/{n} --port 8080
Restart=always
User={n}

[Install]
WantedBy=multi-user.target
""",
    ),
    "environment": ("# secrets\n", "CAP_HOST={n}.example.com\nCAP_PORT=8080\nCAP_TOKEN=\nexport CAP_MODE=fast\n"),
    "properties": ("# shop\n", "{n}.host={n}.example.com\n{n}.port = 8080\n{n}.pool.max: 10\n! off\n{n}.mode=fast\n"),
    "Terraform": (
        'terraform {\n  required_version = ">= 1.5"\n}\n',
        """
resource "aws_instance" "{n}" {
  ami           = data.aws_ami.base.id
  instance_type = "t3.micro"
  count         = var.{n}_count

  tags = {
    Name = "{n}"
    Team = "shop"
  }

  lifecycle {
    create_before_destroy = true
  }
}

variable "{n}_count" {
  type    = number
  default = 2
}
""",
    ),
    "HCL of another tool": (
        'job "shop" {\n  datacenters = ["dc1"]\n',
        """
  group "{n}" {
    count = 2
    task "{n}" {
      driver = "docker"
      config {
        image = "registry.local/{n}:1.2"
        ports = ["http"]
      }
      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
""",
    ),
    "editor settings": (
        "root = true\n",
        "\n[*.{n}]\nindent_style = space\nindent_size = 4\ntrim_trailing_whitespace = true\n",
    ),
    "SSH settings": (
        "",
        "\nHost {n}\n    HostName {n}.example.com\n    User deploy\n    Port 22\n    IdentityFile ~/.ssh/{n}\n    ForwardAgent no\n",
    ),
    "Apache": (
        "ServerRoot /etc/httpd\n",
        """
<VirtualHost *:80>
    ServerName {n}.example.com
    DocumentRoot /srv/{n}
    ErrorLog logs/{n}.log
    <Directory /srv/{n}>
        Require all granted
    </Directory>
</VirtualHost>
""",
    ),
    "OpenAPI": (
        "openapi: 3.1.0\ninfo:\n  title: shop\npaths:\n",
        """
  /{n}s/{id}:
    get:
      summary: One {n}
      parameters:
        - name: id
          in: path
          required: true
          schema: {type: string}
      responses:
        '200':
          description: found
""",
    ),
    "Ansible": (
        "- hosts: all\n  become: true\n  tasks:\n",
        """
    - name: install {n}
      ansible.builtin.apt:
        name: {n}
        state: present
      when: ansible_os_family == "Debian"
      notify: restart {n}
""",
    ),
}


def _made(head: str, body: str) -> str:
    return head + "".join(
        body.replace("{n}", name).replace("Cap", name.title()).replace("CAP", name.upper()) for name in _NAMES
    )


SOURCES = {name: _made(*parts) for name, parts in _CODE.items()}
SETTINGS = {name: _made(*parts) for name, parts in _CONFIG.items()}
